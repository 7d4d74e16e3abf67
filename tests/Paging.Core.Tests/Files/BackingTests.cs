using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The devices themselves: their content, their errors, and the bytes that survive a crash.</summary>
public sealed class BackingTests
{
    [Fact]
    public void MemoryReadsShortAtItsEndAndGrowsByWriting()
    {
        using MemoryBacking memory = new([1, 2, 3]);
        byte[] bytes = new byte[10];
        World.Succeeds(memory.Read(1, bytes, out int count));
        Assert.Equal((2, 3), (count, bytes[1]));
        World.Succeeds(memory.Read(3, bytes, out count));
        World.Succeeds(memory.Read(long.MaxValue, bytes, out int far));
        Assert.Equal((0, 0), (count, far));
        World.Succeeds(memory.Write(5, [9], out _));
        Assert.Equal([1, 2, 3, 0, 0, 9], memory.Content.ToArray());
        World.Succeeds(memory.SetLength(2));
        World.Succeeds(memory.SetLength(4));
        Assert.Equal([1, 2, 0, 0], memory.Content.ToArray());
        World.Succeeds(memory.PunchHole(1, 100));
        Assert.Equal([1, 0, 0, 0], memory.Content.ToArray());
        World.Succeeds(memory.Flush());
    }

    [Fact]
    public void AFullOneTakesWholePagesThenNothing()
    {
        using MemoryBacking memory = new(2 * 4096);
        World.Succeeds(memory.Write(0, new byte[10_000], out int count));
        Assert.Equal(8192, count);
        Assert.Equal(Errno.ENOSPC, memory.Write(8192, [1], out count));
        Assert.Equal(Errno.ENOSPC, memory.Write(1L << 40, new byte[4096], out count));
        Assert.Equal(Errno.ENOSPC, memory.SetLength(8193));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryBacking(new byte[2], 1));
    }

    [Fact]
    public void ADeviceWithoutHolesIsWrittenZeros()
    {
        using ByteBacking bytes = new(3 * 4096);
        World.Succeeds(((IFileBacking)bytes).PunchHole(100, 8000));
        Assert.Equal((0x10, 0, 0, 0x11), (bytes[99], bytes[100], bytes[8099], bytes[8100]));
        Assert.Equal(2, bytes.WriteCount);
        bytes.WriteError = Errno.ENOSPC;
        Assert.Equal(Errno.ENOSPC, ((IFileBacking)bytes).PunchHole(0, 1));
    }

    [Fact]
    public void OnlyFlushedBytesSurviveForCertain()
    {
        using CrashingBacking disk = new(new byte[8192]);
        World.Succeeds(disk.Write(0, [1], out _));
        World.Succeeds(disk.Flush());
        World.Succeeds(disk.Write(4096, [2], out _));
        Assert.Equal((1, 0), (disk.Durable[0], disk.Durable[4096]));
        disk.Crash(7);
        disk.Crash(8);    // once is enough
        Assert.True(disk.HasCrashed);
        Assert.Equal(1, disk.Durable[0]);
        Assert.Equal(Errno.EIO, disk.Write(0, [1], out _));
        Assert.Equal(Errno.EIO, disk.SetLength(0));
        Assert.Equal(Errno.EIO, disk.PunchHole(0, 1));
        Assert.Equal(Errno.EIO, disk.Flush());
    }

    [Fact]
    public void TheSameSeedLosesTheSamePages()
    {
        byte[] After(ulong seed)
        {
            using CrashingBacking disk = new(new byte[16 * 4096]);
            byte[] bytes = new byte[20 * 4096];
            Array.Fill(bytes, (byte)1);
            World.Succeeds(disk.Write(0, bytes, out _));
            disk.Crash(seed);
            return disk.Durable.ToArray();
        }

        Assert.Equal(After(5), After(5));
        Assert.Contains(Enumerable.Range(0, 20), seed => !After((ulong)seed).SequenceEqual(After(100)));
        Assert.Contains(Enumerable.Range(0, 20), seed => After((ulong)seed).Length == 16 * 4096);
        Assert.Contains(Enumerable.Range(0, 20), seed => After((ulong)seed).Length == 20 * 4096);
    }

    [Fact]
    public void TheNthCallOfAKindFailsAndTransfersCanBeCutShort()
    {
        using FaultyBacking device = new(new MemoryBacking(new byte[100_000]));
        byte[] bytes = new byte[50_000];
        device.FailAt(2, BackingCalls.Write, Errno.ENOSPC);
        World.Succeeds(device.Read(0, bytes, out _));
        World.Succeeds(device.Write(0, bytes, out _));
        Assert.Equal(Errno.ENOSPC, device.Write(0, bytes, out int count));
        World.Succeeds(device.Write(0, bytes, out _));
        Assert.Equal(3L, device.CallCount);
        device.TransferByteLengthMax = 10_000;
        World.Succeeds(device.Read(0, bytes, out count));
        World.Succeeds(device.Write(0, bytes, out int written));
        Assert.Equal((10_000, 8192), (count, written));
        device.FailAt(1, BackingCalls.Resize | BackingCalls.Flush, count: 3);
        Assert.Equal((Errno.EIO, Errno.EIO, Errno.EIO, Errno.None),
            (device.SetLength(1), device.PunchHole(0, 1), device.Flush(), device.Flush()));
        device.FailAt(1);
        device.Heal();
        World.Succeeds(device.Flush());
    }
}
