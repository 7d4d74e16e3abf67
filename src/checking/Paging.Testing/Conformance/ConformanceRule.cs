using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Testing.Conformance;

/// <summary>One outcome of one call in docs/DIALECT.md, as a short name: <c>4 mprotect → ENOMEM</c>.</summary>
/// <remarks>
/// The number is that of the document's section. Two differences with one rule have most likely one cause. A rule that depends on the size
/// of the address space ends in <see cref="SpaceSize.Mark"/>.
/// </remarks>
/// <param name="Name">Section, call and outcome.</param>
public readonly record struct ConformanceRule(string Name)
{
    /// <summary>The rule that a recorded result follows.</summary>
    public static ConformanceRule Of(in ScenarioCall call, in ScriptResult expected)
    {
        string spelling = ScriptCalls.Of(call.Name).Spelling;
        string name = expected.Kind switch
        {
            CallResultKind.Error => $"4 {spelling} → {(Errno)expected.Value}",
            CallResultKind.Signal => $"4 {spelling} → {ScenarioPrinter.SignalName((MemoryFaultKind)expected.Extra)}",
            _ => OfSuccess(call, spelling),
        };
        return new(SpaceSize.Decides(call, expected) ? name + SpaceSize.Mark : name);
    }

    /// <summary>The rule of an adapter that hangs, ends or breaks the protocol.</summary>
    public static ConformanceRule Of(AdapterFailure failure) => new($"adapter {failure}");

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string OfSuccess(in ScenarioCall call, string spelling) => call.Name switch
    {
        CallName.Mmap => (call.A3 & (long)MapFlags.Fixed) != 0 ? "4 mmap at a fixed place" : "5 mmap finds a place",
        CallName.Mremap => (call.A3 & (long)RemapFlags.Fixed) != 0 ? "4 mremap to a fixed place" : "5 mremap in place or to a place",
        CallName.Brk => "5 brk gives the break",
        CallName.Maps => "6 maps: which neighbours are one",
        CallName.Areas => "4 areas: rights, offsets, names",
        CallName.Resident or CallName.Pagemap => $"4 {spelling}: private pages",
        CallName.Vm => "4 vm: totals of areas",
        CallName.Faults => "4 faults: how many",
        CallName.Mincore => "4 mincore: what is in memory",
        CallName.Load or CallName.Load32 or CallName.Sum or CallName.CopyOut or CallName.Pread => $"4 {spelling}: the bytes",
        _ => $"4 {spelling} succeeds",
    };
}
