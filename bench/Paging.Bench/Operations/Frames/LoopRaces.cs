using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Bench.Operations.Faults;
using Paging.Native.Memory;

namespace Paging.Bench.Operations.Frames;

/// <summary>Which loop copies and clears a frame fastest on this host, and which one has the engine chosen?</summary>
/// <remarks>The pages lie in the second-level cache, as after a fork or a snapshot of a small process.</remarks>
internal static class LoopRaces
{
    private const int Pages = 16, Repeats = 32;

    private static readonly (string Name, FrameLoop Copy, FrameLoop Clear)[] _loops =
    [
        ("chosen", FrameLoops.OfCopy, FrameLoops.OfClear),
        ("vectors-32", FrameLoop.Vectors32, FrameLoop.Vectors32),
        ("vectors-64", FrameLoop.Vectors64, FrameLoop.Vectors64),
        ("library", FrameLoop.Library, FrameLoop.Library),
    ];

    public static IEnumerable<RaceDefinition> All =>
    [
        .. _loops.Select(static loop =>
            new RaceDefinition("frame-copy", loop.Name, "frame copied", _ => Start(loop.Copy, isCopy: true)) { IsPrepared = false }),
        .. _loops.Select(static loop =>
            new RaceDefinition("frame-clear", loop.Name, "frame cleared", _ => Start(loop.Clear, isCopy: false)) { IsPrepared = false }),
    ];

    private static Race Start(FrameLoop loop, bool isCopy)
    {
        PageBlock block = new();
        return new(Pages * Repeats, Pages, [new Ours(block, loop, isCopy), new Bare(block, isCopy)], block);
    }

    /// <summary>Sources and targets in turn.</summary>
    private sealed unsafe class PageBlock : IDisposable
    {
        private readonly byte* _start = (byte*)NativeMemory.AlignedAlloc(2 * Pages * FrameBytes.Length, FrameBytes.Length);

        public PageBlock() => NativeMemory.Fill(_start, 2 * Pages * FrameBytes.Length, 1);

        public byte* SourceOf(int i) => _start + (i % Pages * 2 * FrameBytes.Length);

        public void Dispose() => NativeMemory.AlignedFree(_start);
    }

    private sealed class Ours(PageBlock block, FrameLoop loop, bool isCopy) : Contender(Role.Engine, $"FrameBytes, {loop}")
    {
        // Unsafe: each source is followed by its target in the block.
        public override unsafe void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                byte* source = block.SourceOf(i);
                if (isCopy) FrameBytes.Copy(loop, source, source + FrameBytes.Length);
                else FrameBytes.Clear(loop, source + FrameBytes.Length);
            }
        }
    }

    private sealed class Bare(PageBlock block, bool isCopy) : Contender(Role.Reference, "widest vectors")
    {
        // Unsafe: as above.
        public override unsafe void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                byte* source = block.SourceOf(i);
                if (isCopy) BareLoops.Copy(source, source + FrameBytes.Length);
                else BareLoops.Clear(source + FrameBytes.Length);
            }
        }
    }
}
