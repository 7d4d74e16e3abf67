using Paging.Core.Io;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Each call on a file changes its pages as <see cref="FileCacheModel"/> predicts, and fails beyond the limits.</summary>
public sealed class FileCacheModelTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public void CallsCacheCleanAndDropPagesAsTheModelDoes(int seed)
    {
        using FileCacheModel model = new(seed);
        for (int step = 0; step < 120; step++) model.Step();
        model.Finish();
    }

    /// <summary>The counters of hits and misses are for files with a backing.</summary>
    [Fact]
    public void FilesInMemoryCountNeitherHitsNorMisses()
    {
        using World world = new();
        int memory = world.OpenFile("memory", 2);
        World.Succeeds(world.First.FileDescriptors.Read(memory, 0, new byte[8192], out int count));
        World.Succeeds(world.First.FileDescriptors.SetLength(memory, 16384));
        World.Succeeds(world.First.FileDescriptors.Read(memory, 8192, new byte[8192], out int zeros));
        CacheCounters counters = world.Engine.Files.CacheCounters;
        Assert.Equal((8192, 8192, 0L, 0L, 0L), (count, zeros, counters.Hits, counters.Misses, counters.BackingReads));
        world.AssertNothingIsLeft();
    }

    private const long Largest = FileSizes.ByteLengthMax;

    /// <summary>The largest file has 2^32 - 1 pages. A memory file may be longer; the part after that is a hole.</summary>
    [Theory]
    [InlineData(false, Largest, Errno.None)]
    [InlineData(false, Largest + 1, Errno.EFBIG)]
    [InlineData(false, -1L, Errno.EINVAL)]
    [InlineData(true, Largest + 1, Errno.None)]
    [InlineData(true, long.MaxValue, Errno.None)]
    [InlineData(true, -1L, Errno.EINVAL)]
    public void TheLongestFile(bool isMemory, long byteLength, Errno expected)
    {
        using World world = new();
        GuestFile file = isMemory ? world.CreateFile("memory", 1) : world.Engine.Files.CreateFile("disk", new LengthBacking());
        long before = file.ByteLength;
        Assert.Equal(expected, world.First.FileDescriptors.SetLength(world.Open(file), byteLength));
        Assert.Equal(expected == Errno.None ? byteLength : before, file.ByteLength);
        if (byteLength == Largest && expected == Errno.None)
        {
            Assert.Equal(Errno.EFBIG, file.Write(Largest, [1], out int written));
            Assert.Equal(0, written);
            World.Succeeds(file.Write(Largest - 2, [1, 2, 3, 4], out written));    // what fits
            Assert.Equal(2, written);
        }
    }

    /// <summary>Offsets and lengths at their limits. Linux: rw_verify_area, vfs_fallocate, generic_fadvise, ksys_sync_file_range.</summary>
    [Fact]
    public void TheLimitsOfOffsetsAndLengths()
    {
        using World world = new();
        ProcessDescriptors files = world.First.FileDescriptors;
        int disk = world.OpenBacked(new(4096 + 5)), memory = world.OpenFile("memory", 1);
        foreach (int file in (int[])[disk, memory])
        {
            Assert.Equal(Errno.EINVAL, files.Read(file, -1, new byte[1], out _));
            Assert.Equal(Errno.EINVAL, files.Read(file, long.MaxValue, new byte[1], out _));
            World.Succeeds(files.Read(file, long.MaxValue - 1, new byte[1], out int count));
            Assert.Equal(0, count);
            Assert.Equal(Errno.EINVAL, files.Write(file, -1, new byte[1], out _));
            Assert.Equal(Errno.EINVAL, files.Write(file, long.MaxValue, new byte[1], out _));
            Assert.Equal(Errno.EFBIG, files.Write(file, long.MaxValue - 1, new byte[1], out _));
            Assert.Equal(Errno.EFBIG, files.Write(file, Largest, new byte[1], out _));
            Assert.Equal(Errno.EINVAL, files.PunchHole(file, 0, 0));
            Assert.Equal(Errno.EINVAL, files.PunchHole(file, -1, 1));
            Assert.Equal(Errno.EINVAL, files.SynchronizeRange(file, -1, 1, SyncRangeFlags.Write));
            Assert.Equal(Errno.EINVAL, files.SynchronizeRange(file, 0, -1, SyncRangeFlags.Write));
            Assert.Equal(Errno.EINVAL, files.SynchronizeRange(file, 0, 1, (SyncRangeFlags)8));
            Assert.Equal(Errno.EINVAL, files.SynchronizeRange(file, long.MaxValue, 1, SyncRangeFlags.Write));
            World.Succeeds(files.SynchronizeRange(file, long.MaxValue - 1, 1, SyncRangeFlags.Write));
            Assert.Equal(Errno.EINVAL, files.Advise(file, 0, -1, FileAdvice.Normal));
            Assert.Equal(Errno.EINVAL, files.Advise(file, 0, 0, (FileAdvice)6));
            Assert.Equal(Errno.EINVAL, files.Advise(file, 0, 0, (FileAdvice)(-1)));
            World.Succeeds(files.Advise(file, 0, 0, FileAdvice.NoReuse));
        }

        World.Succeeds(files.PunchHole(disk, Largest - 1, 1));
        Assert.Equal(Errno.EFBIG, files.PunchHole(disk, Largest, 1));
        World.Succeeds(files.PunchHole(memory, Largest, 1));
        World.Succeeds(files.PunchHole(memory, long.MaxValue - 1, 1));
        Assert.Equal(Errno.EFBIG, files.PunchHole(memory, long.MaxValue, 1));
        world.AssertNothingIsLeft();
    }

    /// <summary>lseek(2): each origin and the largest position. A refused seek leaves the position alone.</summary>
    [Fact]
    public void PositionsOfAFile()
    {
        using World world = new();
        ProcessDescriptors files = world.First.FileDescriptors;
        int disk = world.OpenBacked(new(100)), memory = world.OpenFile("memory", 1);
        foreach ((int file, long length, long largest) in ((int, long, long)[])[(disk, 100, Largest), (memory, 4096, long.MaxValue)])
        {
            World.Succeeds(files.Seek(file, 10, SeekOrigin.Begin, out long position));
            Assert.Equal(10, position);
            World.Succeeds(files.Seek(file, -10, SeekOrigin.Current, out position));
            Assert.Equal(0, position);
            Assert.Equal(Errno.EINVAL, files.Seek(file, -1, SeekOrigin.Current, out position));
            Assert.Equal(-1, position);
            World.Succeeds(files.Seek(file, -length, SeekOrigin.End, out position));
            Assert.Equal(0, position);
            Assert.Equal(Errno.EINVAL, files.Seek(file, -length - 1, SeekOrigin.End, out _));
            World.Succeeds(files.Seek(file, 5, SeekOrigin.End, out position));
            Assert.Equal(length + 5, position);
            World.Succeeds(files.Seek(file, largest, SeekOrigin.Begin, out position));
            Assert.Equal(largest, position);
            Assert.Equal(Errno.EINVAL, files.Seek(file, 1, SeekOrigin.Current, out _));
            if (largest != long.MaxValue) Assert.Equal(Errno.EINVAL, files.Seek(file, largest + 1, SeekOrigin.Begin, out _));
            Assert.Equal(Errno.EINVAL, files.Seek(file, 0, (SeekOrigin)3, out _));
            World.Succeeds(files.Seek(file, 0, SeekOrigin.Current, out position));
            Assert.Equal(largest, position);
            World.Succeeds(files.Seek(file, 96, SeekOrigin.Begin, out _));
            World.Succeeds(files.Read(file, new byte[8], out int count));
            Assert.Equal((int)Math.Min(8, length - 96), count);
            World.Succeeds(files.Write(file, new byte[3], out count));
            World.Succeeds(files.Seek(file, 0, SeekOrigin.Current, out position));
            Assert.Equal(96 + Math.Min(8, length - 96) + 3, position);
        }
    }

    /// <summary>A backing with a length and no content: the bytes are zeros.</summary>
    private sealed class LengthBacking : IFileBacking
    {
        public long ByteLength { get; private set; } = 10;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = (int)Math.Clamp(ByteLength - offset, 0, destination.Length);
            destination[..byteCount].Clear();
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = source.Length;
            ByteLength = Math.Max(ByteLength, offset + byteCount);
            return Errno.None;
        }

        public Errno SetLength(long byteLength)
        {
            ByteLength = byteLength;
            return Errno.None;
        }

        public Errno Flush() => Errno.None;

        public void Dispose() { }
    }
}
