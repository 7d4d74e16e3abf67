using Paging.Native.Allocation;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>The allocator against a list of booleans, one a frame, without lists, orders or stacks.</summary>
public sealed class BuddyModelTests
{
    private const int Frames = 512;

    [Trait("Category", "Slow")]
    [Fact]
    public void EveryAnswerAgreesWithABitmapOfFreeFrames() => Property.ForScripts(150, 200, script =>
    {
        using FrameWorld world = new(new FrameCount(Frames), 40, 41, 300);
        Model model = new(world);
        foreach (uint word in script)
        {
            model.Apply(word);
            world.AssertClean();
        }
        model.FreeAll();
        world.AssertClean();
    });

    /// <summary>A longer story under shortage, where blocks are rare.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void LongStoriesUnderShortageAgreeToo() => Property.ForSeeds(4, seed =>
    {
        using FrameWorld world = new(new FrameCount(Frames));
        Model model = new(world);
        Random random = new((int)seed);
        for (int step = 0; step < 4_000; step++) model.Apply((uint)random.NextInt64(1L << 32) & (step % 1000 < 500 ? ~4u : ~0u));
        world.AssertClean();
        model.FreeAll();
        world.AssertClean();
    });

    private sealed class Model
    {
        private readonly FrameWorld _world;
        private readonly bool[] _isFree = new bool[Frames];
        private readonly List<(FrameNumber First, int Order)> _held = [];
        private readonly string _full;

        public Model(FrameWorld world)
        {
            _world = world;
            for (uint frame = 0; frame < Frames; frame++) _isFree[frame] = world.Frames[new(frame)].State == FrameState.Free;
            _full = world.FreeBlocks;
        }

        // Bits 0 to 2 choose the operation, the others the argument.
        public void Apply(uint word)
        {
            uint argument = word >> 3;
            switch (word & 7)
            {
                case 0 or 1 or 2: Allocate(); break;
                case 3: AllocateBlock((int)(argument % 7)); break;
                case 7: DrainAndCompareBlocks(); break;
                default: FreeOne((int)(argument % int.MaxValue)); break;
            }
            Assert.Equal((uint)_isFree.Count(free => free), _world.Buddy.FreeFrames.Value);
        }

        public void FreeAll()
        {
            while (_held.Count > 0) FreeOne(0);
            _world.Buddy.Drain();
            Assert.Equal(_full, _world.FreeBlocks);
        }

        private void Allocate()
        {
            Assert.Equal(_isFree.Contains(true), _world.Buddy.TryAllocate(FrameState.Anonymous, out FrameNumber frame));
            if (frame.Value != 0) Hold(frame, 0);
        }

        private void AllocateBlock(int order)
        {
            bool isThere = Enumerable.Range(0, Frames >> order).Any(block => IsFree(block << order, order));
            Assert.Equal(isThere, _world.Buddy.TryAllocateBlock(order, FrameState.Kernel, out FrameNumber first));
            if (isThere) Hold(first, order);
        }

        private void FreeOne(int choice)
        {
            if (_held.Count == 0) return;
            (FrameNumber first, int order) = _held[choice % _held.Count];
            _held.RemoveAt(choice % _held.Count);
            if (order == 0) _world.Buddy.Free(first);
            else _world.Buddy.FreeBlock(first, order);
            _isFree.AsSpan((int)first.Value, 1 << order).Fill(true);
        }

        // With everything joined there is only one way to cut the free frames into blocks: the largest that fit.
        private void DrainAndCompareBlocks()
        {
            _world.Buddy.Drain();
            for (int order = 0; order <= BuddyAllocator.OrderMax; order++)
            {
                int expected = Enumerable.Range(0, Frames >> order).Count(block =>
                    IsFree(block << order, order) && !IsFree((block >> 1) << (order + 1), order + 1));
                Assert.Equal(expected, _world.Buddy.FreeBlocks(order));
            }
        }

        private void Hold(FrameNumber first, int order)
        {
            Assert.True(IsFree((int)first.Value, order));
            _isFree.AsSpan((int)first.Value, 1 << order).Clear();
            _held.Add((first, order));
        }

        private bool IsFree(int first, int order) =>
            order <= BuddyAllocator.OrderMax && first + (1 << order) <= Frames && !_isFree.AsSpan(first, 1 << order).Contains(false);
    }
}
