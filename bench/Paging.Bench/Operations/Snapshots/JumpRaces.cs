using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Snapshots;

/// <summary>
/// What does it cost to go from one of many snapshots to another one? Expected: the pages that differ between the two, however many
/// snapshots lie between them or beside them.
/// </summary>
/// <remarks>
/// A console of 16 MiB is recorded frame by frame, a thousand of them; a frame writes eight of 64 pages. A jump goes one frame back, the
/// next one forward again; or fifty frames, which differ in all 64 pages, and have 400 pages in the edges between.
/// </remarks>
internal static class JumpRaces
{
    private const int PagesOfFrame = 8, PagesWritten = 64, Frames = 1_000;

    public static IEnumerable<RaceDefinition> All =>
    [
        Define("1-frame", 1, PagesOfFrame),
        Define("50-frames", 50, PagesWritten),
    ];

    private static RaceDefinition Define(string size, int frames, int pages) => new("snapshot-jump", size, "jump", scale =>
    {
        EngineWorld world = new(64 << 20);
        int count = scale.Pick(500, tiny: 4);
        return new(count, count, [new Ours(world, frames, scale.Pick(Frames, tiny: 60)), new BareCopy(world, pages)], world);
    });

    private static void WriteFrame(EngineWorld world, VirtualAddress start, int frame)
    {
        for (int i = 0; i < PagesOfFrame; i++)
        {
            int page = ((frame * PagesOfFrame) + i) % PagesWritten;
            world.Mmu.Write(start + ((uint)page * 37 * VirtualAddress.PageSize), (uint)frame);    // scattered in the console's memory
        }
    }

    /// <summary>The engine.</summary>
    private sealed class Ours(EngineWorld world, int distance, int frames) : Contender(Role.Engine, "Snapshot.Restore of another frame")
    {
        private const uint ConsoleBytes = 16 << 20;
        private readonly List<Snapshot> _frames = [];
        private VirtualAddress _start;
        private int _jumps;

        public override void Prepare(int count)
        {
            if (_frames.Count != 0) return;
            _start = world.Map(ConsoleBytes);
            world.Touch(_start, (int)(ConsoleBytes / VirtualAddress.PageSize));
            for (int frame = 0; frame < frames; frame++)
            {
                WriteFrame(world, _start, frame);
                _frames.Add(world.Process.TakeSnapshot());
            }
        }

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _jumps++;
                EngineWorld.Require(_frames[frames - 1 - ((_jumps & 1) * distance)].Restore(), "Restore");
            }
        }

        public override void Verify(int count)
        {
            int frame = frames - 1 - ((_jumps & 1) * distance);
            for (int page = 0; page < PagesWritten; page++)
            {
                int last = frame - ((frame - (page / PagesOfFrame)) % (PagesWritten / PagesOfFrame));    // wrote the page last
                BrokenBenchmarkException.ThrowUnlessEqual("the frame that has written a page", (uint)last,
                    world.Mmu.Read<uint>(_start + ((uint)page * 37 * VirtualAddress.PageSize)));
            }
        }

        protected override void Dispose(bool disposing)
        {
            foreach (Snapshot frame in _frames) frame.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: the bytes of the pages that differ, copied.</summary>
    private sealed class BareCopy(EngineWorld world, int pages) : Contender(Role.Reference, "memcpy of the pages that differ")
    {
        private readonly byte[] _copy = new byte[pages << 12];
        private VirtualAddress _start;
        private nint[] _pages = [];

        public override unsafe void Prepare(int count)
        {
            if (_pages.Length != 0) return;
            _start = world.Map((uint)pages << 12);
            world.Fill(_start, (uint)pages << 12);
            _pages = [.. Enumerable.Range(0, pages).Select(page => (nint)world.HostPage((_start + ((uint)page << 12)).Page))];
        }

        // SAFETY: Prepare has found the pages in RAM, and each has 4096 bytes.
        public override unsafe void Run(int count)
        {
            for (int i = 0; i < count; i++)
                for (int page = 0; page < pages; page++)
                    new ReadOnlySpan<byte>((byte*)_pages[page], 4096).CopyTo(_copy.AsSpan(page << 12));
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("a byte", EngineWorld.FilledByte, _copy[^1]);
    }
}
