using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>File calls, file faults, read-ahead, write-back and reclaim allocate no managed memory once warm: exactly zero bytes.</summary>
public sealed class FileAllocationTests
{
    private static void AllocatesNothing(DeviceWorld disk, Action body)
    {
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(body));
        disk.AssertNothingIsLeft();
    }

    private static readonly byte[] Buffer = new byte[64 * 4096];

    [Fact]
    public void CachedReadsAndWrites()
    {
        using DeviceWorld disk = new(64);
        AllocatesNothing(disk, () =>
        {
            for (int i = 0; i < 2000; i++)
            {
                disk.Calls.Read(disk.Descriptor, i % 60 * 4096L, Buffer.AsSpan(0, 10_000), out _);
                disk.Calls.Write(disk.Descriptor, (i % 60 * 4096L) + 100, Buffer.AsSpan(0, 6_000), out _);
                disk.Calls.Seek(disk.Descriptor, 0, SeekOrigin.Begin, out _);
                disk.Calls.Read(disk.Descriptor, Buffer.AsSpan(0, 512), out _);
            }
        });
    }

    [Fact]
    public void ReadAheadOfAColdFileAndReclaim()
    {
        using DeviceWorld disk = new(600, options: World.Options(1));
        AllocatesNothing(disk, () =>
        {
            for (int page = 0; page < 600; page++) disk.Calls.Read(disk.Descriptor, page * 4096L, Buffer.AsSpan(0, 4096), out _);
        });
        Assert.True(disk.Counters.Reclaimed > 1000);
    }

    [Fact]
    public void FaultsOnMappingsColdAndWarm()
    {
        using DeviceWorld disk = new(256, 8, options: World.Options(8));
        AllocatesNothing(disk, () =>
        {
            disk.World.MapFile(disk.Descriptor, 0, 256, type: MapFlags.Shared);
            disk.World.MapFile(disk.Descriptor, 300, 256);
            for (int page = 0; page < 256; page++)
            {
                disk.World.Mmu.TryRead(World.At(page), out int _, out _);
                disk.World.Mmu.TryRead(World.At(300 + page), out int _, out _);
                if (page % 3 == 0) disk.World.Mmu.TryWrite(World.At(page), page, out _);
                if (page % 5 == 0) disk.World.Mmu.TryWrite(World.At(300 + page), page, out _);
            }

            disk.World.Memory.Synchronize(World.At(0), World.Bytes(256), SyncFlags.Sync);
            disk.World.Memory.Unmap(World.At(0), World.Bytes(600));
            disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.DontNeed);
        });
    }

    [Fact]
    public void WritebackOfRunsAndOfScatteredPages()
    {
        using DeviceWorld disk = new(256, 8, options: World.Options(8));
        AllocatesNothing(disk, () =>
        {
            disk.Calls.Write(disk.Descriptor, 0, Buffer, out _);
            for (int page = 255; page > 100; page -= 2) disk.Calls.Write(disk.Descriptor, page * 4096L, Buffer.AsSpan(0, 4096), out _);
            for (int tick = 0; tick < 10; tick++) disk.Engine.RunBackground(50);
            disk.Calls.Write(disk.Descriptor, 7, Buffer.AsSpan(0, 1), out _);
            disk.Calls.Synchronize(disk.Descriptor);
            disk.Engine.Files.SynchronizeAll();
        });
    }

    [Fact]
    public void DirectIoHolesAndLengths()
    {
        using DeviceWorld disk = new(64);
        int direct = disk.Open(flags: OpenFlags.Direct);
        AllocatesNothing(disk, () =>
        {
            for (int i = 0; i < 200; i++)
            {
                disk.Calls.Write(direct, i % 50 * 512L, Buffer.AsSpan(0, 2048), out _);
                disk.Calls.Read(direct, i % 50 * 512L, Buffer.AsSpan(0, 4096), out _);
                disk.Calls.PunchHole(disk.Descriptor, i * 100, 5000);
                disk.Calls.SetLength(disk.Descriptor, (60 * 4096) - (i * 10));
                disk.Calls.SetLength(disk.Descriptor, 64 * 4096);
                disk.Calls.Advise(disk.Descriptor, 0, 0, (FileAdvice)(i % 6));
            }
        });
    }

    [Fact]
    public void AHostFile()
    {
        string path = Path.GetTempFileName();
        using (World world = new(8))
        {
            using GuestFile file = world.Engine.Files.OpenHostFile(path);
            World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
            Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
            {
                world.First.FileDescriptors.Write(descriptor, 0, Buffer, out _);
                world.First.FileDescriptors.Synchronize(descriptor);
                world.First.FileDescriptors.Advise(descriptor, 0, 0, FileAdvice.DontNeed);
                for (int page = 0; page < 64; page++) world.First.FileDescriptors.Read(descriptor, page * 4096L, Buffer.AsSpan(0, 4096),
                    out _);
            }));
        }

        File.Delete(path);
    }
}
