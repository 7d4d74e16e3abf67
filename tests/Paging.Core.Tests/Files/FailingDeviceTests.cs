using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// One story of every kind of file call, repeated while the n-th call to the device fails or transfers little: each failure is reported,
/// and no later read returns wrong bytes.
/// </summary>
public sealed class FailingDeviceTests
{
    private const int Pages = 12;

    /// <summary>The story runs once for each of its hundreds of calls to the device, each time on a new engine.</summary>
    [Theory]
    [InlineData(Errno.EIO, 0)]
    [InlineData(Errno.ENOSPC, 0)]
    [InlineData(Errno.EIO, 4096)]
    [InlineData(Errno.EIO, 1000)]
    public void EachDeviceErrorIsReportedAndTheRestIsRight(Errno error, int transferByteLength)
    {
        int number = 1;
        while (RunStory(number, error, transferByteLength)) number++;
        Assert.True(number > 10, $"The story calls the device {number - 1} times only.");
    }

    /// <summary>Returns false if the story needs fewer calls.</summary>
    private static bool RunStory(int number, Errno error, int transferByteLength)
    {
        using DeviceWorld disk = new(Pages, options: World.Options(1) with { DirtyExpireTicks = 1 });
        disk.World.MapFile(disk.Descriptor, 0, Pages, type: MapFlags.Shared);
        int direct = disk.Open(flags: OpenFlags.Direct);
        byte[] content = new byte[Pages * 4096];
        for (int i = 0; i < content.Length; i++) content[i] = DeviceWorld.ByteOfPage(i >> 12);
        disk.Device.TransferByteLengthMax = transferByteLength;
        disk.Device.FailAt(number, BackingCalls.All, error);

        bool isReported = false;
        void Note(Errno result)
        {
            Assert.True(result == Errno.None || result == error, $"Call {number} failed with {error}, a call reported {result}.");
            isReported |= result != Errno.None;
        }

        void Read(int descriptor, int page, int count)
        {
            byte[] bytes = new byte[count * 4096];
            Note(disk.Calls.Read(descriptor, page * 4096L, bytes, out int done));
            Assert.True(bytes.AsSpan(0, done).SequenceEqual(content.AsSpan(page * 4096, done)),
                $"Call {number}: what could be read of page {page} is wrong.");
        }

        void Write(int descriptor, int page, byte value, int count)
        {
            byte[] bytes = new byte[count];
            Array.Fill(bytes, value);
            Note(disk.Calls.Write(descriptor, page * 4096L, bytes, out int done));
            bytes.AsSpan(0, done).CopyTo(content.AsSpan(page * 4096));
        }

        Read(disk.Descriptor, 0, 2);
        Write(disk.Descriptor, 1, 0x71, 100);
        if (disk.World.Mmu.TryWrite(World.At(5), (byte)0x72, out MemoryFault fault)) content[5 * 4096] = 0x72;
        else isReported |= fault.Kind == MemoryFaultKind.BusError;
        Note(disk.World.Memory.Synchronize(World.At(5), 4096, SyncFlags.Sync));
        Write(disk.Descriptor, 8, 0x73, 2 * 4096);
        disk.Engine.RunBackground(100);
        Write(direct, 3, 0x74, 4096);
        Read(direct, 4, 1);
        Errno punched = disk.Calls.PunchHole(disk.Descriptor, (6 * 4096) + 10, 100);
        Note(punched);
        if (punched == Errno.None) content.AsSpan((6 * 4096) + 10, 100).Clear();
        Write(disk.Descriptor, 10, 0x75, 50);
        Errno cut = disk.Calls.SetLength(disk.Descriptor, (11 * 4096) + 7);
        Note(cut);
        Note(disk.Calls.Synchronize(disk.Descriptor));

        bool happened = disk.Device.CallCount >= number;
        disk.Device.Heal();
        for (int page = 0; page < 11; page++) Read(disk.Descriptor, page, 1);    // the cache has the right bytes after any failure
        World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
        if (!isReported)
            Assert.True(disk.Disk.Durable[..(11 * 4096)].SequenceEqual(content.AsSpan(0, 11 * 4096)),
                $"Call {number} failed, no call reported it, and the disk is wrong.");
        disk.AssertNothingIsLeft();
        return happened;
    }
}
