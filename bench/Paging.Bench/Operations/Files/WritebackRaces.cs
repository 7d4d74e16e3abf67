using Microsoft.Win32.SafeHandles;
using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;

namespace Paging.Bench.Operations.Files;

/// <summary>What does it cost to bring dirty pages to their file on the host? Expected: as much as writing them.</summary>
internal static class WritebackRaces
{
    private const int PageLength = 4096;
    private const int PagesOfCall = 16;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("write-back", "16MiB", "dirty page written to a file of the host", static scale => Start(scale.Pick(4096, tiny: 32))),
    ];

    private static Race Start(int pages)
    {
        string folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();    // in memory: the disk is not what is compared
        Ours ours = new(Path.Combine(folder, $"paging-bench-{Environment.ProcessId}-ours"), pages);
        Plain plain = new(Path.Combine(folder, $"paging-bench-{Environment.ProcessId}-plain"), pages);
        return new(pages, pages, [ours, plain]);
    }

    private sealed class Ours : Contender
    {
        private readonly string _path;
        private readonly EngineWorld _world;
        private readonly GuestFile _file;
        private readonly int _descriptor;
        private readonly byte[] _page = new byte[PageLength];

        public Ours(string path, int pages) : base(Role.Engine, "sync_file_range of dirty pages")
        {
            _path = path;
            _world = new((ulong)pages * PageLength * 8);    // far from the limits of dirty memory
            _file = _world.Engine.Files.OpenHostFile(path, create: true);
            EngineWorld.Require(_file.Open(_world.Process, FileRights.ReadWrite, out _descriptor), "open");
        }

        public override void Prepare(int count)
        {
            _page.AsSpan().Fill(EngineWorld.FilledByte);
            for (long page = 0; page < count; page++) EngineWorld.Require(_world.Process.FileDescriptors.Write(_descriptor,
                page * PageLength, _page,
                out _), "pwrite");
            BrokenBenchmarkException.ThrowUnlessEqual("dirty pages", (uint)count, _file.DirtyPages.Value);
        }

        public override void Run(int count) => EngineWorld.Require(
            _world.Process.FileDescriptors.SynchronizeRange(_descriptor, 0, (long)count * PageLength,
                SyncRangeFlags.WaitBefore | SyncRangeFlags.Write | SyncRangeFlags.WaitAfter), "sync_file_range");

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("dirty pages left", 0u, _file.DirtyPages.Value);

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _file.Dispose();
            _world.Dispose();
            File.Delete(_path);
        }
    }

    /// <summary>
    /// The host: as many bytes from as much memory, 64 KiB a call. One small buffer over and over would come from the cache.
    /// </summary>
    private sealed class Plain : Contender
    {
        private readonly string _path;
        private readonly SafeFileHandle _file;
        private readonly byte[] _bytes;

        public Plain(string path, int pages) : base(Role.Kernel, "RandomAccess.Write, 64 KiB a call")
        {
            _path = path;
            _bytes = new byte[pages * PageLength];
            _bytes.AsSpan().Fill(EngineWorld.FilledByte);
            _file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, preallocationSize: (long)pages * PageLength);
        }

        public override void Run(int count)
        {
            for (int page = 0; page < count; page += PagesOfCall)
                RandomAccess.Write(_file, _bytes.AsSpan(page * PageLength, Math.Min(PagesOfCall, count - page) * PageLength),
                    (long)page * PageLength);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _file.Dispose();
            File.Delete(_path);
        }
    }
}
