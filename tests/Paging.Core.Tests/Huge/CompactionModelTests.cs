using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Compaction of random memory beside a plain list of frames: the target of each page, the frames scanned, and when a block is enough.
/// </summary>
/// <remarks>Linux: mm/compaction.c compact_zone, isolate_migratepages_block, isolate_freepages_block, compact_finished.</remarks>
public sealed class CompactionModelTests
{
    private const int PartOrder = 4, PartSize = 1 << PartOrder, Frames = 1024;

    [Trait("Category", "Medium")]
    [Fact]
    public void PagesMoveAsTheModelPredicts() => Property.ForSeeds(60, static seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        int pages = Scatter(world, random);
        Model model = new(world, pages);
        Compactor compactor = CompactorOf(world);
        int rounds = random.Next(1, 4);
        for (int round = 0; round < rounds; round++)
        {
            int order = random.Next(-1, PartOrder + 1);
            if (order < 0)
            {
                uint moved = (uint)model.Compact(order);
                Assert.Equal(moved, compactor.RunAll());
            }
            else
            {
                long stalls = compactor.Counters.Compactions, failures = compactor.Counters.CompactionsRefused;
                bool isMade = compactor.TryMakeBlock(order);
                if (compactor.Counters.Compactions == stalls) continue;    // left out after a failure
                model.Try(order);
                Assert.Equal(model.HasBlock(order), isMade);
                Assert.Equal(isMade ? 0 : 1, compactor.Counters.CompactionsRefused - failures);
            }

            model.AssertAgrees(compactor.Counters);
        }

        for (int page = 0; page < pages; page++) Assert.Equal((byte)(page + 1), world.Peek(page));
        world.Verify();
    });

    /// <summary>Frames that were freed one by one lie on a stack of their own. Together they are a block: no page moves for it.</summary>
    [Fact]
    public void FreedFramesThatAreABlockNeedNoMove()
    {
        using World world = new();
        FrameNumber[] taken = [.. world.Engine.TakeAllFrames()];
        foreach (FrameNumber frame in taken.Where(static frame => frame.Value >> PartOrder == 20)) world.Machine.Allocator.Free(frame);
        Compactor compactor = CompactorOf(world);
        Assert.True(compactor.TryMakeBlock(PartOrder));
        HugeCounters counters = compactor.Counters;
        Assert.Equal((1L, 0L, 0L, 0L),
            (counters.CompactionsServed, counters.SourcesScanned, counters.TargetsScanned, counters.Moved));
    }

    /// <summary>Compacting all of memory uses the frames on the stack as targets, too.</summary>
    [Fact]
    public void FreedFramesAreTargets()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(1);    // the table
        FrameNumber[] taken = [.. world.Engine.TakeAllFrames()];
        world.Engine.Frames.Return(taken.First(static frame => frame.Value >> PartOrder == 5), 0);
        world.Touch(0, 7);
        foreach (FrameNumber frame in taken.Where(static frame => frame.Value >> PartOrder == 30 && frame.Value % 2 == 0))
            world.Machine.Allocator.Free(frame);
        Assert.True(CompactorOf(world).RunAll() >= 1);
        Assert.Equal(30u, world.Memory.Space.Tables.Read(World.At(0).Page).Frame.Value >> PartOrder);
        Assert.Equal(7, world.Peek(0));
    }

    private static Compactor CompactorOf(World world)
    {
        Composition.FileParts files = world.Engine.Parts.Files;
        PageMover mover = new(world.Machine.Store, files.OpenFiles, files.Cache, files.Swap, files.ReverseMap);
        return new(new(world.Machine.Allocator), world.Machine.Store, mover, world.Engine.Parts.Reclaim.Pressure,
            new(world.Machine.Store, world.Machine.Blocks, PartOrder));
    }

    /// <summary>Pages in random frames, random frames free, and the rest the host's. Returns how many pages there are.</summary>
    private static int Scatter(World world, Random random)
    {
        world.Map(0, 400);
        world.Touch(399);    // the table
        FrameNumber[] taken = [.. world.Engine.TakeAllFrames()];
        int[] kinds = [.. Enumerable.Range(0, Frames / PartSize).Select(_ => random.Next(6))];
        char[] will = [.. Enumerable.Range(0, Frames).Select(frame => kinds[frame >> PartOrder] switch
        {
            0 => 'X',
            1 => '.',
            2 => random.Next(2) == 0 ? 'P' : '.',
            3 => random.Next(4) == 0 ? 'P' : '.',
            4 => "PX."[random.Next(3)],
            _ => random.Next(12) == 0 ? '.' : 'X',
        })];
        int pages = 0;
        foreach (FrameNumber frame in taken.Where(frame => will[frame.Value] == 'P').Take(200))
        {
            world.Engine.Frames.Return(frame, 0);
            world.Touch(pages, (byte)(pages + 1));
            pages++;
        }

        foreach (FrameNumber frame in taken.Where(frame => will[frame.Value] == '.')) world.Engine.Frames.Return(frame, 0);
        return pages;
    }

    /// <summary>A letter a frame: a page, free, or neither; and where each page is.</summary>
    private sealed class Model
    {
        private readonly World _world;
        private readonly char[] _frames = new char[Frames];
        private readonly int[] _frameOf;
        private long _moved, _sources, _targets;
        private int _next;    // the frame that is looked at next as a target

        public Model(World world, int pages)
        {
            _world = world;
            for (uint frame = 0; frame < Frames; frame++)
                _frames[frame] = world.Machine.Frames[new(frame)].State == FrameState.Free ? '.' : 'X';
            _frameOf = [.. Enumerable.Range(0, pages).Append(399).Select(FrameOf)];
            foreach (int frame in _frameOf) _frames[frame] = 'P';
        }

        public bool HasBlock(int order) => Enumerable.Range(0, Frames >> order).Any(block => IsFree(block << order, order));

        public void Try(int order)
        {
            if (!HasBlock(order)) Compact(order);
        }

        /// <summary>From the low end upwards, into free frames from the high end downwards, part by part.</summary>
        public long Compact(int order)
        {
            long before = _moved;
            int lowest = Frames;
            Queue<int> targets = [];
            for (int part = 0; part + PartSize <= lowest; part += PartSize)
            {
                if (IsWorthwhile(part, order) && !TryEmpty(part, targets, ref lowest)) break;
                if (order >= 0 && HasBlock(order)) break;
            }

            return _moved - before;
        }

        public void AssertAgrees(HugeCounters counters)
        {
            Assert.Equal((_moved, 2 * _moved, _sources, _targets, 0L), (counters.Moved, counters.Isolated, counters.SourcesScanned,
                counters.TargetsScanned, counters.MovesRefused));
            Assert.Equal(_frameOf, Enumerable.Range(0, _frameOf.Length - 1).Append(399).Select(FrameOf));
        }

        private bool IsWorthwhile(int part, int order)
        {
            bool hasPage = false;
            for (int frame = part; frame < part + PartSize; frame++)
            {
                _sources++;
                if (_frames[frame] == 'X' && order >= 0) return false;
                hasPage |= _frames[frame] == 'P';
            }

            return hasPage;
        }

        private bool TryEmpty(int part, Queue<int> targets, ref int lowest)
        {
            for (int frame = part; frame < part + PartSize; frame++)
            {
                if (_frames[frame] != 'P') continue;
                if (!TryTarget(part + PartSize, targets, ref lowest, out int to)) return false;
                (_frames[frame], _frames[to]) = ('.', 'P');
                _frameOf[Array.IndexOf(_frameOf, frame)] = to;
                _moved++;
            }

            return true;
        }

        /// <summary>The next free frame, part by part downwards. Parts that are wholly free are left alone.</summary>
        private bool TryTarget(int limit, Queue<int> targets, ref int lowest, out int to)
        {
            to = 0;
            while (targets.Count == 0)
            {
                if (_next >= lowest + PartSize || lowest == Frames)
                {
                    if (lowest - PartSize < limit) return false;
                    _next = lowest -= PartSize;
                }

                while (_next < lowest + PartSize && targets.Count == 0)
                {
                    _targets++;
                    int order = BlockAt(_next);
                    for (int i = 0; order is >= 0 and < PartOrder && i < 1 << order; i++) targets.Enqueue(_next + i);
                    _next += order < 0 ? 1 : 1 << order;
                }
            }

            to = targets.Dequeue();
            return true;
        }

        /// <summary>The order of the free block that begins at a frame; −1 if none does. Blocks are as large as addresses allow.</summary>
        private int BlockAt(int frame)
        {
            int order = -1;
            while (order < BuddyAllocator.OrderMax && IsFree(frame & -(1 << (order + 1)), order + 1)) order++;
            return order >= 0 && (frame & ((1 << order) - 1)) == 0 ? order : -1;
        }

        private bool IsFree(int first, int order) =>
            first + (1 << order) <= Frames && _frames.AsSpan(first, 1 << order).IndexOfAnyExcept('.') < 0;

        private int FrameOf(int page) => (int)_world.Memory.Space.Tables.Read(World.At(page).Page).Frame.Value;
    }
}
