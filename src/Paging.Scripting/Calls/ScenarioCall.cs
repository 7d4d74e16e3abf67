namespace Paging.Scripting;

/// <summary>One call of a scenario: what is generated, shrunk, stored, executed and printed alike.</summary>
/// <remarks>
/// Arguments are the numbers of the kernel's interface, in the order of the dialect: an address is 0 to 0xFFFFFFFF,
/// a protection or flags argument is the OR of its constants, a descriptor may be -1, RLIM_INFINITY is -1, and the
/// resource of <c>rlimit</c> is a <see cref="Core.ResourceLimit"/>. A name (<c>open</c>) is <see cref="FileName"/> and takes no number:
/// <c>open("A", 100, 3)</c> has A0 = 100, A1 = 3. A missing optional argument (mremap's NEWADDR) is 0 and not counted.
/// </remarks>
public readonly record struct ScenarioCall(
    CallName Name,
    int Process,
    int ArgumentCount,
    long A0 = 0,
    long A1 = 0,
    long A2 = 0,
    long A3 = 0,
    long A4 = 0,
    long A5 = 0,
    string? FileName = null);
