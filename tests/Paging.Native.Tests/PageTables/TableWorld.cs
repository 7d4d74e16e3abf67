using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Native.Translation;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>RAM, frames and a few address spaces, for tests of page tables and translations.</summary>
/// <remarks>The first word of each frame it hands out holds the frame's own number, so that a wrong translation shows.</remarks>
internal sealed class TableWorld : IDisposable
{
    public TableWorld(uint frameCount = 2048, int? attachedCountMax = 8, TableFormat format = TableFormat.Classic)
    {
        Format = format;
        Ram = new(new FrameCount(frameCount), requestHugePages: false);
        Frames = new(Ram.FrameCount, format);
        Injection = new();
        Allocator = new(Ram, Frames, Injection);
        Pool = new(attachedCountMax);
    }

    public TableFormat Format { get; }

    public PhysicalMemory Ram { get; }

    public FrameTable Frames { get; }

    public FaultInjection Injection { get; }

    public BuddyAllocator Allocator { get; }

    public TranslationPool Pool { get; }

    public List<TableSpace> Spaces { get; } = [];

    /// <summary>A new address space without pages.</summary>
    public TableSpace Begin()
    {
        TranslationCache cache = new(Pool);
        PageTables tables = new(Ram, Frames, Allocator, cache, Format);
        Assert.True(tables.TryBegin());
        TableSpace space = new(this, tables, cache);
        Spaces.Add(space);
        return space;
    }

    /// <summary>A frame with one reference and no mapping.</summary>
    public FrameNumber NewFrame(FrameState state = FrameState.Anonymous)
    {
        Assert.True(Allocator.TryAllocate(state, out FrameNumber frame));
        Ram.Words(frame)[0] = frame.Value;
        return frame;
    }

    /// <summary>All audits there are, and a recount of the mappings of every frame.</summary>
    public AuditReport Audit()
    {
        AuditReport report = new();
        uint[] mapped = new uint[Frames.Count.Value];
        foreach (TableSpace space in Spaces)
        {
            space.Tables.Audit(report);
            foreach ((PageNumber _, PageTableEntry entry) in space.Touched())
                if (entry.IsPresent && entry.Frame.Value < mapped.Length && Frames[entry.Frame].State != FrameState.Reserved)
                    mapped[entry.Frame.Value]++;
        }

        for (uint frame = 0; frame < mapped.Length; frame++)
            report.AddIfDifferent("F4", $"mappings of frame {frame:x5}", mapped[frame], Frames[new(frame)].MapCount);
        Frames.Audit(report);
        Allocator.Audit(report);
        return report;
    }

    public void AssertClean()
    {
        AuditReport report = Audit();
        Assert.True(report.IsClean, report.ToString());
    }

    /// <summary>Takes all spaces down and expects every frame but the reserved ones back.</summary>
    public void EndAll()
    {
        foreach (TableSpace space in Spaces) space.End();
        Spaces.Clear();
        AssertClean();
        Assert.Equal(Frames.Count, Allocator.FreeFrames + Frames.CountOf(FrameState.Reserved));
    }

    public void Dispose()
    {
        Pool.Dispose();
        Frames.Dispose();
        Ram.Release();
    }
}

/// <summary>One address space of a <see cref="TableWorld"/>.</summary>
internal sealed class TableSpace(TableWorld world, PageTables tables, TranslationCache cache)
{
    public PageTables Tables { get; } = tables;

    public TranslationCache Cache { get; } = cache;

    /// <summary>Maps a fresh frame without other users.</summary>
    public PageTableEntry MapNew(uint page, PageAccess access = PageAccess.Write | PageAccess.User)
    {
        FrameNumber frame = world.NewFrame();
        world.Frames[frame].MapCount++;    // the allocator's reference becomes the mapping's
        return Install(page, PageTableEntry.Map(frame, access));
    }

    /// <summary>Maps a frame that is mapped elsewhere already.</summary>
    public PageTableEntry MapShared(uint page, FrameNumber frame, PageAccess access = PageAccess.Write | PageAccess.User)
    {
        world.Frames.AddReferenceAndMapping(frame);
        return Install(page, PageTableEntry.Map(frame, access));
    }

    /// <summary>Stores an entry that counts nothing.</summary>
    public PageTableEntry Install(uint page, PageTableEntry entry)
    {
        Assert.True(Tables.TryEnsureTable(new(page)));
        Tables.Store(new(page), entry);
        return entry;
    }

    /// <summary>
    /// Does what the processor does: a hit, or a walk whose result is remembered. Returns the frame's number, or null for a fault.
    /// </summary>
    public uint? Access(uint page, AccessKind kind)
    {
        VirtualAddress address = new PageNumber(page).Address;
        if (kind == AccessKind.Read && Cache.TryReadHit(address, out uint hit)) return hit;
        if (kind == AccessKind.Write && Cache.TryReadHit(address, out hit) && Cache.TryWriteHit(address, hit)) return hit;
        WalkResult walk = Tables.Walk(address, kind, ProcessorMode.User);
        if (!walk.Succeeded) return null;
        Cache.Fill(new(page), walk.Effective, world.Ram);
        return world.Ram.Words(walk.Physical.Frame)[0];
    }

    /// <summary>Every entry of the user half that is not zero, read the slow and sure way.</summary>
    public IEnumerable<(PageNumber Page, PageTableEntry Entry)> Touched()
    {
        for (int upper = 0; upper < Tables.IndexOf(PageNumber.FirstKernel); upper++)
        {
            PageTableEntry[] entries = Tables.Entries(upper);
            for (int index = 0; index < entries.Length; index++)
                if (!entries[index].IsNeverTouched) yield return (new(Tables.FirstOf(upper).Value + (uint)index), entries[index]);
        }
    }

    /// <summary>Takes a range out and gives back what its entries held.</summary>
    public List<(PageNumber Page, PageTableEntry Entry)> Unmap(PageRange range)
    {
        GatherSink sink = new(new(world.Frames, world.Allocator));
        Tables.TakeRange(range, ref sink);
        return sink.Seen;
    }

    public void End()
    {
        Unmap(PageTables.UserHalf);
        Tables.FreeAll();
        Cache.Detach();
    }

    private ref struct GatherSink(PlainGather gather) : IEntrySink
    {
        public PlainGather Gather = gather;

        public List<(PageNumber Page, PageTableEntry Entry)> Seen { get; } = [];

        public void Take(PageNumber page, PageTableEntry entry)
        {
            Seen.Add((page, entry));
            if (entry.IsPresent) Gather.AddMapped(entry.Frame);
        }

        public bool TryTakeEight(PageTableEntry first) => false;

        public void TakeHuge(PageRange pages, PageTableEntry entry) => Seen.Add((pages.First, entry));    // its frame is its maker's
    }
}
