using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Calls of the host beside system calls, by several threads at once: each takes its hold.</summary>
public sealed class HostCallTests
{
    private const int Rounds = 200;

    /// <summary>Each of four threads makes one kind of thing; without holds they meet in the table of files and in the tree.</summary>
    [Fact]
    public void FilesLogsAndListsAreMadeByManyThreads()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(8);
        Action<int>[] kinds =
        [
            round =>
            {
                using GuestFile memory = world.Engine.Files.CreateHostMemoryFile($"host {round}", new byte[8192]);
                using GuestFile device = world.Engine.Files.CreateDevice($"device {round}", new Silent(), 4096);
            },
            round =>
            {
                using Pager pager = world.Engine.Files.CreatePager($"pager {round}", new PageCount(4), new Zeros());
            },
            _ =>
            {
                using DirtyLog pages = world.Memory.OpenDirtyLog(WriteSources.Processor);
                using FrameDirtyLog frames = world.Engine.OpenDirtyLog(WriteSources.Processor);
                Assert.NotEmpty(world.Memory.Areas.SnapshotTree());
            },
            round =>
            {
                Assert.Equal(Errno.None, world.Memory.Protect(at + 4096, 4096, (MemoryProtection)(round & 3)));
                Assert.Equal(3, world.Engine.Frames.CountZones().Count);
            },
        ];
        ThreadTeam.Run(kinds.Length, number =>
        {
            for (int round = 0; round < Rounds; round++) kinds[number](round);
        });
    }

    private sealed class Silent : IMemoryDevice
    {
        public ulong Load(ulong offset, int byteLength) => 0;

        public void Store(ulong offset, int byteLength, ulong value) { }
    }

    private sealed class Zeros : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Zeros;

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.None;
    }
}
