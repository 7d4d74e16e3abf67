using Paging.Native;
using Paging.Windows.Calls;
using Paging.Windows.Entries;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Reports;

/// <summary>An allocation at one moment, and its place in the tree.</summary>
/// <param name="Range">Its pages.</param>
/// <param name="Level">The depth in the tree: 0 for the root.</param>
/// <param name="Balance">The depth of its right side less that of its left.</param>
/// <param name="Kind">Private or mapped.</param>
/// <param name="Size">The size of the record.</param>
/// <param name="Protection">The protection that it was made with.</param>
/// <param name="CommitCharge">The pages that it is charged for.</param>
/// <param name="WorkingSet">Its pages that are in the working set.</param>
/// <param name="PagedOut">Its private pages that are in a page file.</param>
/// <param name="Section">The number of the section that it shows; 0 for none.</param>
/// <param name="Marks">Further properties: <c>MemCommit</c>, <c>WriteWatch</c>, <c>Placeholder</c>, <c>NoChange</c>.</param>
public readonly record struct VadSnapshot(
    PageRange Range, int Level, int Balance, MemoryKind Kind, VadSize Size, PageProtection Protection, uint CommitCharge, uint WorkingSet,
    uint PagedOut, uint Section, string Marks);

/// <summary>The memory of a Windows process at one moment.</summary>
public sealed record ProcessSnapshot
{
    internal ProcessSnapshot(int processId, IReadOnlyList<VadSnapshot> vads, long commitCharge, long workingSet, uint pageTables) =>
        (ProcessId, Vads, CommitCharge, WorkingSet, PageTables) =
        (processId, vads, commitCharge, workingSet, pageTables);

    /// <summary>The process number.</summary>
    public int ProcessId { get; }

    /// <summary>The allocations in the order of addresses.</summary>
    public IReadOnlyList<VadSnapshot> Vads { get; }

    /// <summary>The pages that it is charged for.</summary>
    public long CommitCharge { get; }

    /// <summary>The process's pages that are in the working set.</summary>
    public long WorkingSet { get; }

    /// <summary>The process's page tables, without the directory.</summary>
    public uint PageTables { get; }

    internal static ProcessSnapshot Of(WindowsParts parts, WindowsSpace space)
    {
        List<VadSnapshot> vads = [];
        for (VadIndex at = space.Vads.First; at.IsSome; at = space.Vads.Next(at)) vads.Add(Describe(parts, space, at));
        return new(
            space.Space.ProcessId, vads, space.CommitCharge, space.Space.Statistics.Resident, space.Space.Tables.TableCount.Value);
    }

    private static VadSnapshot Describe(WindowsParts parts, WindowsSpace space, VadIndex index)
    {
        ref Vad vad = ref space.Vads[index];
        uint workingSet = 0, pagedOut = 0;
        foreach ((PageNumber page, PageTableEntry word) in space.Space.Tables.TouchedIn(vad.Range))
        {
            if (word.IsPresent) workingSet++;
            else if (WindowsEntry.From(word).Kind == WindowsEntryKind.PageFile) pagedOut++;
        }

        SectionObject? section = vad.View != 0 ? parts.States.SectionOf(vad) : null;
        return new(
            vad.Range, LevelOf(space, index), vad.Links.Balance, Calls.QueryCall.KindOf(vad), vad.Size,
            QueryCall.Show(vad, vad.Flags.Protection), vad.Flags.CommitCharge, workingSet, pagedOut, section?.Number ?? 0,
            MarksOf(vad.Flags));
    }

    private static int LevelOf(WindowsSpace space, VadIndex index)
    {
        int level = 0;
        for (uint parent = space.Vads[index].Links.Parent; parent != 0; parent = space.Vads[new(parent)].Links.Parent) level++;
        return level;
    }

    private static string MarksOf(VadFlags flags)
    {
        List<string> marks = [];
        if (flags.IsMemCommit) marks.Add("MemCommit");
        if (flags.Type == VadType.WriteWatch) marks.Add("WriteWatch");
        if (flags.IsPlaceholder) marks.Add("Placeholder");
        if (flags.IsNoChange) marks.Add("NoChange");
        return string.Join(' ', marks);
    }
}
