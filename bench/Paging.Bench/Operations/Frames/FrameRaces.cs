using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Native.Allocation;

namespace Paging.Bench.Operations.Frames;

/// <summary>What does a frame cost, taken and given back: at once, thousands out and then back, and as whole blocks?</summary>
internal static class FrameRaces
{
    private const int PairCount = 4096;
    private const int BlockOrder = 5;
    private const ulong RamBytes = 64 << 20;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("frame-pair", "1-frame", "allocation and free", static scale =>
            Start(scale.Pick(PairCount, tiny: 64), FrameUse.Pair)) { IsPrepared = false },
        new("frame-batch", "4096-frames", "allocation and free", static scale =>
            Start(scale.Pick(PairCount, tiny: 128), FrameUse.Batch)) { IsPrepared = false },
        new("frame-block", "32-frames", "frame, allocated and freed", static scale =>
            Start(scale.Pick(PairCount, tiny: 64), FrameUse.Block)) { IsPrepared = false },
    ];

    private static Race Start(int count, FrameUse use)
    {
        EngineWorld world = new(RamBytes);
        List<Contender> contenders = [new Ours(world.Engine, use, count), new BareStack(use, count)];
        if (use != FrameUse.Block) contenders.Add(new CSharp(use, count));
        if (use != FrameUse.Block && PeerLibrary.Mimalloc.IsAvailable) contenders.Add(new Mimalloc(use, count));
        return new(count, use == FrameUse.Batch ? count : 512, contenders, world);
    }

    /// <summary>In which order frames are taken and given back.</summary>
    private enum FrameUse
    {
        Pair,
        Batch,
        Block,
    }

    private sealed class Ours(Core.PagingEngine engine, FrameUse use, int countMax) : Contender(Role.Engine, "BuddyAllocator")
    {
        private readonly FrameNumber[] _taken = new FrameNumber[countMax];
        private readonly FrameCount _freeBefore = engine.Parts.Machine.Frames.CountOf(FrameState.Free);

        public override void Run(int count)
        {
            BuddyAllocator allocator = engine.Parts.Machine.Allocator;
            if (use == FrameUse.Pair) TakePairs(allocator, count);
            else if (use == FrameUse.Block) TakeBlocks(allocator, count);
            else TakeBatch(allocator, _taken.AsSpan(0, count));
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("free frames", _freeBefore.Value,
                engine.Parts.Machine.Frames.CountOf(FrameState.Free).Value);

        private static void TakePairs(BuddyAllocator allocator, int count)
        {
            for (int i = 0; i < count; i++)
            {
                if (!allocator.TryAllocate(FrameState.Allocated, out FrameNumber frame)) ThrowShort();
                allocator.Free(frame);
            }
        }

        private static void TakeBatch(BuddyAllocator allocator, Span<FrameNumber> taken)
        {
            foreach (ref FrameNumber frame in taken)
            {
                if (!allocator.TryAllocate(FrameState.Allocated, out frame)) ThrowShort();
            }

            foreach (FrameNumber frame in taken) allocator.Free(frame);
        }

        private static void TakeBlocks(BuddyAllocator allocator, int count)
        {
            for (int i = 0; i < count; i += 1 << BlockOrder)
            {
                if (!allocator.TryAllocateBlock(BlockOrder, FrameState.Allocated, out FrameNumber first)) ThrowShort();
                allocator.FreeBlock(first, BlockOrder);
            }
        }

        private static void ThrowShort() => throw new BrokenBenchmarkException("The allocator has no frames.");
    }

    /// <summary>The reference: numbers on a stack, with no descriptor, no state and no buddies.</summary>
    private sealed class BareStack(FrameUse use, int countMax) : Contender(Role.Reference, "numbers on a stack")
    {
        private readonly uint[] _stack = [.. Enumerable.Range(1, 2 * countMax).Select(static number => (uint)number)],
            _taken = new uint[countMax];
        private int _count = 2 * countMax;

        public override void Run(int count)
        {
            if (use == FrameUse.Batch)
            {
                for (int i = 0; i < count; i++) _taken[i] = _stack[--_count];
                for (int i = 0; i < count; i++) _stack[_count++] = _taken[i];
                return;
            }

            for (int i = 0; i < count; i++)
            {
                uint number = _stack[--_count];
                _taken[i] = number;
                _stack[_count++] = number;
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("numbers on the stack", 2 * countMax, _count);
    }

    private sealed class CSharp(FrameUse use, int countMax) : Contender(Role.CSharp, "NativeMemory.AlignedAlloc")
    {
        private readonly nint[] _taken = new nint[countMax];

        // Unsafe: each page that is freed was allocated in this run.
        public override unsafe void Run(int count)
        {
            if (use == FrameUse.Batch)
            {
                foreach (ref nint page in _taken.AsSpan(0, count)) page = (nint)NativeMemory.AlignedAlloc(4096, 4096);
                foreach (nint page in _taken.AsSpan(0, count)) NativeMemory.AlignedFree((void*)page);
                return;
            }

            for (int i = 0; i < count; i++) NativeMemory.AlignedFree(NativeMemory.AlignedAlloc(4096, 4096));
        }
    }

    private sealed class Mimalloc(FrameUse use, int countMax) : Contender(Role.Cpp, "mi_malloc_aligned and mi_free")
    {
        private readonly nint[] _taken = new nint[countMax];

        public override void Run(int count)
        {
            if (use == FrameUse.Batch) TakeBatch(_taken.AsSpan(0, count));
            else TakePairs(_taken.AsSpan(0, count));
        }

        public override void Verify(int count)
        {
            foreach (nint page in _taken.AsSpan(0, count))
                BrokenBenchmarkException.ThrowUnless(page != 0 && (page & 0xFFF) == 0, $"mimalloc gave {page:x}, which is no page.");
            int distinct = use == FrameUse.Batch ? _taken.AsSpan(0, count).ToArray().Distinct().Count() : count;
            BrokenBenchmarkException.ThrowUnlessEqual("pages at once", count, distinct);
        }

        // Unsafe: each page that is freed was allocated in this run.
        private static unsafe void TakePairs(Span<nint> taken)
        {
            foreach (ref nint page in taken)
            {
                page = (nint)PeerCalls.AllocateAligned(4096, 4096);
                PeerCalls.Free((void*)page);
            }
        }

        // Unsafe: each page that is freed was allocated in this run.
        private static unsafe void TakeBatch(Span<nint> taken)
        {
            foreach (ref nint page in taken) page = (nint)PeerCalls.AllocateAligned(4096, 4096);
            foreach (nint page in taken) PeerCalls.Free((void*)page);
        }
    }
}
