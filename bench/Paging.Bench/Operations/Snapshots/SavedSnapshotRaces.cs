using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Snapshots;

/// <summary>What does it cost to save a process, and to load it again? Expected: twice the time of writing its bytes.</summary>
internal static class SavedSnapshotRaces
{
    private const int FullPages = 65_536, TinyPages = 64;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("snapshot-save", "256MiB", "process of 256 MiB saved", static scale => Start(scale, loads: false)) { HostBytes = 2L << 30 },
        new("snapshot-load", "256MiB", "process of 256 MiB loaded", static scale => Start(scale, loads: true)) { HostBytes = 2L << 30 },
    ];

    private static Race Start(Scale scale, bool loads)
    {
        int pages = scale.Pick(FullPages, tiny: TinyPages);
        EngineWorld world = new((ulong)(loads ? 2 * pages : pages) << 12);
        VirtualAddress start = world.Map((uint)pages << 12);
        FillWithNoise(world, start, pages);
        MemoryStream stream = new((pages << 12) + (1 << 20));
        return new(1, 1, [new Ours(world, stream, pages, loads), new BareBytes(world, start, pages, loads)], world, stream);
    }

    // No two pages are alike and none compresses, so all bytes have to be written.
    private static void FillWithNoise(EngineWorld world, VirtualAddress start, int pages)
    {
        ulong state = 88172645463325252;
        for (uint page = 0; page < pages; page++)
        {
            for (uint offset = 0; offset < 4096; offset += sizeof(ulong))
            {
                state ^= state << 13;    // xorshift64
                state ^= state >> 7;
                state ^= state << 17;
                world.Mmu.Write(start + (page << 12) + offset, state);
            }
        }
    }

    private sealed class Ours(EngineWorld world, MemoryStream stream, int pages, bool loads)
        : Contender(Role.Engine, loads ? "LoadProcess" : "Snapshot.Save to memory")
    {
        private UserProcess? _loaded;

        public override long AllocatedBytesMax => 1 << 20;    // buffers, and the objects of a process

        public override void Prepare(int count)
        {
            _loaded?.Dispose();
            _loaded = null;
            if (!loads)
            {
                Rewind();
                return;
            }

            if (stream.Length == 0) Save();
            stream.Position = 0;
        }

        public override void Run(int count)
        {
            if (loads) _loaded = world.Engine.SavedProcesses.Load(stream);
            else Save();
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnless(stream.Length >= (long)pages << 12, "Every page should be in the stream.");
            if (_loaded is not null)
                BrokenBenchmarkException.ThrowUnlessEqual("resident pages of the loaded process", pages,
                    _loaded.Memory.Space.Statistics.Resident);
        }

        private void Rewind()
        {
            stream.Position = 0;
            stream.SetLength(0);
        }

        private void Save()
        {
            using Snapshot snapshot = world.Process.TakeSnapshot();
            snapshot.Save(stream);
        }
    }

    /// <summary>The reference: the bare bytes of the same pages, to or from a stream of memory.</summary>
    private sealed class BareBytes : Contender
    {
        private readonly MemoryStream _stream;
        private readonly nint[] _pages;
        private readonly bool _loads;

        public BareBytes(EngineWorld world, VirtualAddress start, int pages, bool loads)
            : base(Role.Reference, loads ? "the bytes read from memory" : "the bytes written to memory")
        {
            _loads = loads;
            _pages = new nint[pages];
            _stream = new(pages << 12);
            _stream.SetLength(pages << 12);
            world.CollectHostPages(start, _pages);
            foreach (nint page in _pages) _stream.Write(BytesOf(page));
        }

        public override void Prepare(int count) => _stream.Position = 0;

        public override void Run(int count)
        {
            foreach (nint page in _pages)
            {
                if (_loads) _stream.ReadExactly(BytesOf(page));    // the page already there
                else _stream.Write(BytesOf(page));
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _stream.Dispose();
            base.Dispose(disposing);
        }

        // SAFETY: the pages are resident, are neither moved nor taken away in this world, and have 4096 bytes each.
        private static unsafe Span<byte> BytesOf(nint page) => new((byte*)page, 4096);
    }
}
