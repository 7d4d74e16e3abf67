using Paging.Native;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Reports;

/// <summary>A run of equal pages, as VirtualQuery reports it, with its costs.</summary>
/// <param name="Information">The result of VirtualQuery for its first page.</param>
/// <param name="Commit">Its committed pages.</param>
/// <param name="WorkingSet">Its pages that are in the working set.</param>
/// <param name="Shared">Those of the working set that are shared: pages of a section that were not copied.</param>
/// <param name="Transition">Its pages on the standby or modified list.</param>
/// <param name="PagedOut">Its pages that are in a page file, and in no frame.</param>
/// <param name="Usage">Its purpose, as far as it is known.</param>
public readonly record struct AddressRun(
    MemoryBasicInformation Information, uint Commit, uint WorkingSet, uint Shared, uint Transition, uint PagedOut, string Usage);

/// <summary>The sum of runs that have something in common.</summary>
/// <param name="Name">The common property.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Pages">Their pages.</param>
/// <param name="Commit">Their committed pages.</param>
/// <param name="WorkingSet">Their pages in the working set.</param>
public readonly record struct AddressTotal(string Name, int Runs, ulong Pages, ulong Commit, ulong WorkingSet);

/// <summary>The whole user half of a process at one moment, run by run, free ranges included.</summary>
public sealed record AddressSnapshot
{
    internal AddressSnapshot(int processId, IReadOnlyList<AddressRun> runs, IReadOnlyList<AddressTotal> byUsage,
        IReadOnlyList<AddressTotal> byType, IReadOnlyList<AddressTotal> byState, IReadOnlyList<AddressTotal> byProtection) =>
        (ProcessId, Runs, ByUsage, ByType, ByState, ByProtection) =
        (processId, runs, byUsage, byType, byState, byProtection);

    /// <summary>The process number.</summary>
    public int ProcessId { get; }

    /// <summary>The runs in the order of addresses.</summary>
    public IReadOnlyList<AddressRun> Runs { get; }

    /// <summary>Totals by usage.</summary>
    public IReadOnlyList<AddressTotal> ByUsage { get; }

    /// <summary>Totals by MEM_PRIVATE, MEM_MAPPED and MEM_FREE.</summary>
    public IReadOnlyList<AddressTotal> ByType { get; }

    /// <summary>Totals by MEM_COMMIT, MEM_RESERVE and MEM_FREE.</summary>
    public IReadOnlyList<AddressTotal> ByState { get; }

    /// <summary>Totals of committed pages by protection.</summary>
    public IReadOnlyList<AddressTotal> ByProtection { get; }

    internal static AddressSnapshot Of(WindowsParts parts, WindowsSpace space)
    {
        List<AddressRun> runs = [];
        for (PageNumber page = default; page < space.User.Probe; page = runs[^1].Information.Base + runs[^1].Information.Count)
            runs.Add(Describe(parts, space, parts.Calls.Query.Execute(space, page.Address)));
        return new(
            space.Space.ProcessId, runs, Sum(runs, static run => run.Usage),
            Sum(runs, static run => run.Information.State == MemoryState.Free ? "MEM_FREE" : Spell(run.Information.Kind)),
            Sum(runs, static run => Spell(run.Information.State)),
            Sum(runs.Where(static run => run.Information.State == MemoryState.Commit), static run =>
                run.Information.Protection.ToHeaderName()));
    }

    internal static string Spell(MemoryState state) => "MEM_" + state.ToString().ToUpperInvariant();

    internal static string Spell(MemoryKind kind) => kind == MemoryKind.None ? "" : "MEM_" + kind.ToString().ToUpperInvariant();

    private static AddressRun Describe(WindowsParts parts, WindowsSpace space, MemoryBasicInformation information)
    {
        uint present = 0, shared = 0, transition = 0, pagedOut = 0;
        PageNumber from = information.Base, end = from + information.Count;
        while (space.Space.Tables.TryNextTouched(from, end, out PageNumber page, out PageTableEntry word))
        {
            from = page + PageCount.One;
            WindowsEntry entry = WindowsEntry.From(word);
            switch (entry.Kind)
            {
                case WindowsEntryKind.Valid:
                    present++;
                    if (!parts.States.IsOwn(entry)) shared++;
                    break;
                case WindowsEntryKind.Transition: transition++; break;
                case WindowsEntryKind.PageFile: pagedOut++; break;
                default: break;
            }
        }

        uint commit = information.State == MemoryState.Commit ? information.Count.Value : 0;
        return new(information, commit, present, shared, transition, pagedOut, UsageOf(parts, space, information));
    }

    private static string UsageOf(WindowsParts parts, WindowsSpace space, in MemoryBasicInformation information)
    {
        if (information.State == MemoryState.Free) return information.Base < UserRange.Lowest ? "no access" : "free";
        ref Vad vad = ref space.Vads[space.Vads.Covering(information.Base)];
        if (vad.Flags.IsNoChange) return vad.View != 0 ? "shared user page" : "system";
        if (vad.View != 0)
        {
            Sections.SectionObject section = parts.States.SectionOf(vad);
            string name = section.Name is { } given ? $" \"{given}\"" : "";
            if (section.Image is not null) return $"image {section.File.Name}";
            return section.IsOfFile ? $"file {section.File.Name}" : $"section {section.Number}{name}";
        }

        if (vad.Flags.IsPlaceholder) return "placeholder";
        if (space.Stack.Base.Value != 0 && space.Stack.Contains(vad.Last)) return "stack";
        return vad.Flags.Type == VadType.WriteWatch ? "write watch" : "private";
    }

    private static List<AddressTotal> Sum(IEnumerable<AddressRun> runs, Func<AddressRun, string> key) =>
    [
        .. runs.GroupBy(key, StringComparer.Ordinal).Select(static group => new AddressTotal(
            group.Key, group.Count(), Total(group, static run => run.Information.Count.Value), Total(group, static run => run.Commit),
            Total(group, static run => run.WorkingSet))).OrderByDescending(static total => total.Pages)
            .ThenBy(static total => total.Name, StringComparer.Ordinal),
    ];

    private static ulong Total(IEnumerable<AddressRun> runs, Func<AddressRun, uint> part) =>
        runs.Aggregate(0ul, (sum, run) => sum + part(run));
}
