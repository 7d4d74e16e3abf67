using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

public sealed class PageTablesAllocationTests : IDisposable
{
    private const uint First = 0x3F0, Length = 0x40, Elsewhere = 0x50000;

    private readonly TableWorld _world = new(4096);
    private readonly TableSpace _parent, _child;

    public PageTablesAllocationTests() => (_parent, _child) = (_world.Begin(), _world.Begin());

    public void Dispose() => _world.Dispose();

    [Fact]
    public void NothingThatRepeatsAllocatesManagedMemory()
    {
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() => Repeat(100)));
        _world.AssertClean();
    }

    private void Repeat(int times)
    {
        PageRange range = new(new(First), new(Length));
        for (int time = 0; time < times; time++)
        {
            Fill();
            ForkTally tally = default;
            bool done = _parent.Tables.TryCopyForFork(
                range, _child.Tables, default(PageTableEntry).WithWritable(), mayLend: false, ref tally, out _)
                && _parent.Tables.TryMoveRange(range, new(Elsewhere))
                && _parent.Tables.TryMoveRange(new(new(Elsewhere), new(Length)), new(First));
            if (!done || tally.Copied != Length) throw new InvalidOperationException("The copy or the move did not happen.");
            Rule rule = default;
            _parent.Tables.RewriteRange(range, ref rule);
            for (PageNumber page = range.First; _parent.Tables.TryNextTouched(page, range.End, out page, out _); page++) { }

            Drop(_child, range);
            Drop(_parent, range);
            _parent.Tables.FreeEmptyTables(PageTables.UserHalf);
            _child.Cache.Detach();
            _child.Tables.FreeAll();
            if (!_child.Tables.TryBegin()) throw new InvalidOperationException("No frame for a directory.");
        }
    }

    private void Fill()
    {
        for (uint page = First; page < First + Length; page++)
        {
            if (!_parent.Tables.TryEnsureTable(new(page)) || !_world.Allocator.TryAllocate(FrameState.Anonymous, out FrameNumber frame))
                return;
            _world.Frames[frame].MapCount = 1;
            _parent.Tables.Store(new(page), PageTableEntry.Map(frame, PageAccess.User | PageAccess.Write));
            _parent.Access(page, AccessKind.Write);
            _child.Access(page, AccessKind.Read);
        }
    }

    private void Drop(TableSpace space, PageRange range)
    {
        Sink sink = new(new(_world.Frames, _world.Allocator));
        space.Tables.TakeRange(range, ref sink);
    }

    private ref struct Sink(PlainGather gather) : IEntrySink
    {
        public PlainGather Gather = gather;

        public void Take(PageNumber page, PageTableEntry entry) => Gather.AddMapped(entry.Frame);

        public bool TryTakeEight(PageTableEntry first) => false;

        public void TakeHuge(PageRange pages, PageTableEntry entry) => Gather.AddMapped(entry.Frame);
    }

    private struct Rule : IEntryRule
    {
        public readonly PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.WithoutAccessed().WithoutDirty();
    }
}
