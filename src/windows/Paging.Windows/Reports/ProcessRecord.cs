using Paging.Native;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Reports;

/// <summary>The record of a process at one moment: the fields of EPROCESS that memory management uses.</summary>
/// <param name="Id">UniqueProcessId.</param>
/// <param name="Name">ImageFileName.</param>
/// <param name="DirectoryBase">The frame of the page directory: DirectoryTableBase.</param>
/// <param name="VadRoot">The first page of the allocation at the root of the tree; null without allocations.</param>
/// <param name="VadCount">NumberGenericTableElements.</param>
/// <param name="WorkingSet">WorkingSetSize, in pages.</param>
/// <param name="Limits">MinimumWorkingSetSize, MaximumWorkingSetSize, and the memory priority.</param>
/// <param name="CommitCharge">CommitCharge, in pages.</param>
/// <param name="PageTables">Page tables without the directory.</param>
/// <param name="TransitionFaults">Faults that needed no I/O.</param>
/// <param name="Handles">Its handles to sections.</param>
/// <param name="Sections">The numbers of the sections that it has views of, ascending.</param>
/// <param name="Stack">The stack of the running thread, from its thread block.</param>
/// <remarks>Linux: task_struct and mm_struct.</remarks>
public sealed record ProcessRecord(
    int Id, string Name, FrameNumber DirectoryBase, PageNumber? VadRoot, uint VadCount, long WorkingSet, WorkingSetLimits Limits,
    long CommitCharge, uint PageTables, long TransitionFaults, int Handles, IReadOnlyList<uint> Sections, StackBounds Stack)
{
    internal static ProcessRecord Of(WindowsParts parts, WindowsSpace space, string name)
    {
        SortedSet<uint> sections = [];
        for (VadIndex at = space.Vads.First; at.IsSome; at = space.Vads.Next(at))
            if (space.Vads[at].View is var view and not 0) sections.Add(parts.ViewRecords[view].Section);
        VadIndex root = space.Vads.Root;
        return new(
            space.Space.ProcessId, name, space.Space.Tables.Directory, root.IsSome ? space.Vads[root].First : null, (uint)space.Vads.Count,
            space.Space.Statistics.Resident, space.Limits, space.CommitCharge, space.Space.Tables.TableCount.Value, space.TransitionFaults,
            parts.Sections.CountHandles(space.Space.ProcessId), [.. sections], space.Stack);
    }
}
