namespace Paging.Scripting.Calls;

/// <summary>One call of a scenario, in the form in which it is generated, shrunk, stored, executed and printed.</summary>
/// <remarks>
/// Arguments are the numbers of the kernel's interface, in the order of the dialect: an address is 0 to 0xFFFFFFFF,
/// a protection or flags argument is the OR of its constants, a descriptor may be -1, RLIM_INFINITY is -1, and the
/// resource of <c>rlimit</c> is a <see cref="Core.ResourceLimit"/>. A name (<c>open</c>) is <see cref="FileName"/> and takes no number:
/// <c>open("A", 100, 3)</c> has A0 = 100, A1 = 3. A missing optional argument (mremap's NEWADDR) is 0 and not counted.
/// </remarks>
/// <param name="Signature">The call; a <see cref="CallName"/> stands for its signature.</param>
/// <param name="Process">The process that executes it.</param>
/// <param name="ArgumentCount">The number of A0 to A7 that were given; a file's name is not among them.</param>
/// <param name="A0">The first number.</param>
/// <param name="A1">The second number.</param>
/// <param name="A2">The third number.</param>
/// <param name="A3">The fourth number.</param>
/// <param name="A4">The fifth number.</param>
/// <param name="A5">The sixth number.</param>
/// <param name="FileName">The name of a file or another object, for the calls that take one.</param>
/// <param name="A6">The seventh number.</param>
/// <param name="A7">The eighth number.</param>
public readonly record struct ScenarioCall(
    CallSignature Signature,
    int Process,
    int ArgumentCount,
    long A0 = 0,
    long A1 = 0,
    long A2 = 0,
    long A3 = 0,
    long A4 = 0,
    long A5 = 0,
    string? FileName = null,
    long A6 = 0,
    long A7 = 0)
{
    /// <summary>The highest number a process may have in a scenario.</summary>
    public const int ProcessMax = 65_535;

    /// <summary>The call, if its dialect is that of Linux.</summary>
    public CallName Name => Signature?.Name ?? default;

    /// <summary>A0 to A7 by index.</summary>
    public long this[int index] => index switch
    {
        0 => A0,
        1 => A1,
        2 => A2,
        3 => A3,
        4 => A4,
        5 => A5,
        6 => A6,
        7 => A7,
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "A call has at most eight numbers."),
    };

    /// <summary>The call with another number at an index of A0 to A7.</summary>
    public ScenarioCall With(int index, long value) => index switch
    {
        0 => this with { A0 = value },
        1 => this with { A1 = value },
        2 => this with { A2 = value },
        3 => this with { A3 = value },
        4 => this with { A4 = value },
        5 => this with { A5 = value },
        6 => this with { A6 = value },
        7 => this with { A7 = value },
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "A call has at most eight numbers."),
    };

    /// <summary>The call in canonical form, as <see cref="ScenarioPrinter"/> prints it.</summary>
    public override string ToString() => ScenarioPrinter.Print(in this);
}
