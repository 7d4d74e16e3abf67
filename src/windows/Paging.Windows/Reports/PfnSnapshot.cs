using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Pfn;

namespace Paging.Windows.Reports;

/// <summary>The use of a frame, from the PFN database.</summary>
public enum PfnUse
{
    /// <summary>Nothing: it is free.</summary>
    None,
    /// <summary>A page table, or kernel data.</summary>
    System,
    /// <summary>A private page of a process of Windows.</summary>
    Private,
    /// <summary>A page of a file or of a section: its PTE is a prototype.</summary>
    Prototype,
    /// <summary>A page of a process of Linux.</summary>
    Linux,
}

/// <summary>One entry of the PFN database at one moment.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Location">Its state.</param>
/// <param name="Priority">0 to 7, of a frame that is not in a working set; 5 is the normal one.</param>
/// <param name="ShareCount">The valid PTEs that lead to the frame.</param>
/// <param name="ReferenceCount">The frame's users, each valid PTE counted.</param>
/// <param name="IsModified">True if the frame is newer than its copy.</param>
/// <param name="Use">The use of the frame.</param>
/// <param name="ProcessId">The process of a private page; 0 for others.</param>
/// <param name="Page">The page of the process, or of the file.</param>
/// <param name="PteAddress">The address of a private page's PTE in the process's self-map; 0 for others.</param>
/// <param name="OriginalPte">The value of its PTE once the frame is taken: a place in a page file, a file, or demand zero.</param>
/// <remarks>Windows: MMPFN.</remarks>
public readonly record struct PfnEntry(
    FrameNumber Frame, PageLocation Location, int Priority, uint ShareCount, uint ReferenceCount, bool IsModified, PfnUse Use,
    int ProcessId, uint Page, VirtualAddress PteAddress, string OriginalPte);

/// <summary>The moves of frames from one location to another through trimming, soft faults, writing and taking.</summary>
/// <param name="From">Their state before.</param>
/// <param name="To">Their state after.</param>
/// <param name="Count">The number of moves.</param>
public readonly record struct PfnMove(PageLocation From, PageLocation To, long Count);

/// <summary>The PFN database at one moment.</summary>
public sealed record PfnSnapshot
{
    internal PfnSnapshot(IReadOnlyList<uint> counts, IReadOnlyList<uint> standby, IReadOnlyList<PfnMove> moves,
        long takenFromStandby, IReadOnlyList<PfnEntry> entries) =>
        (Counts, Standby, Moves, TakenFromStandby, Entries) =
        (counts, standby, moves, takenFromStandby, entries);

    /// <summary>The number of frames in each location, by the location's number.</summary>
    public IReadOnlyList<uint> Counts { get; }

    /// <summary>The number of standby frames of each priority.</summary>
    public IReadOnlyList<uint> Standby { get; }

    /// <summary>The moves that have happened.</summary>
    public IReadOnlyList<PfnMove> Moves { get; }

    /// <summary>Frames that were taken from pages on standby.</summary>
    public long TakenFromStandby { get; }

    /// <summary>Every frame that is in use, or holds a page.</summary>
    public IReadOnlyList<PfnEntry> Entries { get; }

    /// <summary>Zeroed, free and standby frames: those that are available without writing a page.</summary>
    public uint Available => Counts[(int)PageLocation.Zeroed] + Counts[(int)PageLocation.Free] + Counts[(int)PageLocation.Standby];

    internal static PfnSnapshot Of(WindowsParts parts)
    {
        uint[] counts = new uint[PageLocationRules.Count], standby = new uint[PfnDatabase.PriorityCount];
        List<PfnEntry> entries = [];
        for (uint frame = 0; frame < parts.Core.Machine.Frames.Count.Value; frame++)
        {
            PageLocation location = parts.Pfn.LocationOf(new(frame));
            counts[(int)location]++;
            if (location == PageLocation.Standby) standby[parts.Pfn.PriorityOf(new(frame))]++;
            if (location > PageLocation.Free) entries.Add(Describe(parts, new(frame), location));
        }

        List<PfnMove> moves = [];
        foreach (PageLocation from in Enum.GetValues<PageLocation>())
            foreach (PageLocation to in Enum.GetValues<PageLocation>())
                if (parts.Pfn.MovesOf(from, to) is var count and not 0) moves.Add(new(from, to, count));
        return new(counts, standby, moves, parts.Transitions.TakenFromStandby, entries);
    }

    private static PfnEntry Describe(WindowsParts parts, FrameNumber frame, PageLocation location)
    {
        EngineParts core = parts.Core;
        ref FrameDescriptor descriptor = ref core.Machine.Frames[frame];
        PfnUse use = UseOf(in descriptor);
        Space? owner = use == PfnUse.Private ? core.Machine.Spaces[SpaceOwner.SpaceOf(descriptor.Owner)] : null;
        int priority = location == PageLocation.ActiveAndValid ? 0 : parts.Pfn.PriorityOf(frame);
        VirtualAddress pte = owner is null ? default : Spaces.SelfMap.AddressOfEntry(owner.Tables.Format, new(descriptor.Index));
        return new(
            frame, location, priority, descriptor.MapCount, descriptor.ReferenceCount, (descriptor.Flags & PageFlags.Dirty) != 0, use,
            owner?.ProcessId ?? 0, use is PfnUse.Private or PfnUse.Prototype ? descriptor.Index : 0, pte,
            OriginalOf(core, frame, in descriptor, use));
    }

    private static PfnUse UseOf(ref readonly FrameDescriptor descriptor) => descriptor.State switch
    {
        FrameState.Free => PfnUse.None,
        FrameState.PageCache => PfnUse.Prototype,
        FrameState.Anonymous or FrameState.SwapCache => SpaceOwner.Is(descriptor.Owner) ? PfnUse.Private : PfnUse.Linux,
        _ => PfnUse.System,
    };

    private static string OriginalOf(EngineParts core, FrameNumber frame, ref readonly FrameDescriptor descriptor, PfnUse use)
    {
        if (use == PfnUse.Prototype)
        {
            FileObject file = core.Files.OpenFiles.Object(descriptor.Owner);
            return file.IsMemory ? "page file" : $"file {file.Name}";
        }

        if (use != PfnUse.Private) return "";
        if (descriptor.State != FrameState.SwapCache) return "demand zero";
        SwapEntry slot = core.Files.Swap.EntryOf(frame);
        return $"page file {slot.Device}:{slot.Slot:x}";
    }
}
