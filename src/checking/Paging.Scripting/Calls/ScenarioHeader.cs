using Paging.Native;

namespace Paging.Scripting.Calls;

/// <summary>The direction in which the kernel looks for a place.</summary>
public enum LayoutKind
{
    /// <summary>From <c>mmap_base</c> downwards.</summary>
    Flexible,
    /// <summary>From <c>mmap_base</c> upwards.</summary>
    Classic,
}

/// <summary>The <c>process(…)</c> line: the address space of process 0 at the start.</summary>
/// <param name="Layout">The direction of the search for a place.</param>
/// <param name="TaskSize">The end of the user half: 0xC0000000, unless <see cref="Lowest"/> is given.</param>
/// <param name="MmapBase">The address at which the search for a place starts.</param>
/// <param name="Break">The initial program break.</param>
/// <param name="StackLimit">The initial RLIMIT_STACK in bytes; <c>ulong.MaxValue</c> for RLIM_INFINITY.</param>
/// <param name="Reserved">The start of the area up to <paramref name="TaskSize"/> that is taken.</param>
public sealed record ScenarioHeader(
    LayoutKind Layout, VirtualAddress TaskSize, VirtualAddress MmapBase, VirtualAddress Break, ulong StackLimit, VirtualAddress Reserved)
    : ScenarioStart
{
    /// <summary>The beginning of the header's line, before the parenthesis.</summary>
    internal const string Name = "process";

    /// <summary>The pool of huge pages; null when the scenario has none and does not ask for it.</summary>
    public long? HugePages { get; init; }

    /// <summary>The number of further pages that the pool may take from ordinary memory on demand: nr_overcommit_hugepages.</summary>
    public long SurplusHugePages { get; init; }

    /// <summary>Transparent huge pages are on for memory with MADV_HUGEPAGE. Otherwise they are off for the process.</summary>
    public bool HasTransparentPages { get; init; }

    /// <summary>The lowest address that can be mapped, in a machine that is no PC with Linux; null: Linux's rules.</summary>
    public VirtualAddress? Lowest { get; init; }

    /// <summary>A call of the scenario asks about huge pages, though the header gives it none. Not part of the header's line.</summary>
    public bool AsksForHugePages { get; init; }

    /// <summary>The scenario is about huge pages of one kind or the other: those of 2 MiB that the recordings have.</summary>
    public bool UsesHugePages => HugePages is not null || HasTransparentPages || AsksForHugePages;

    /// <summary>The usual header of the recordings.</summary>
    public static ScenarioHeader Default { get; } = new(
        LayoutKind.Flexible, new(0xC000_0000), new(0xB800_0000), new(0x0804_A000), 0x80_0000, new(0xBFFF_0000));

    /// <inheritdoc/>
    public override void Begin(IScriptMachine machine) => ((IScenarioMachine)machine).Start(this);

    /// <summary>The header's line as it stands in a scenario.</summary>
    public override string ToString() => ScenarioPrinter.Print(this);
}
