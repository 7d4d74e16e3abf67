using Paging.Core.Files;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Files that are written through: their backing has what write(2) has acknowledged, and mapped stores when asked.</summary>
public sealed class WriteThroughTests
{
    private const int PageBytes = 4096, LengthMax = 6 * PageBytes;

    private static readonly VirtualAddress At = new(0x4000_0000);

    [Fact]
    public void TheBackingHasEveryByteThatAWriteHasAcknowledged() => Property.ForSeeds(30, seed =>
    {
        Random random = new((int)seed);
        using PagingEngine engine = new(new() { RamBytes = 1 << 20 });
        MemoryBacking disk = new();
        using GuestFile file = engine.Files.CreateFile("file", disk);
        file.IsWrittenThrough = true;
        using UserProcess process = engine.CreateProcess("writer");
        Assert.Equal(Errno.None, file.Open(process, FileRights.ReadWrite, out int descriptor));
        byte[] model = new byte[LengthMax];
        long length = 0;
        for (int step = 0; step < 100; step++)
        {
            int offset = random.Next(LengthMax - 1), count = random.Next(1, Math.Min(LengthMax - offset, 2 * PageBytes) + 1);
            byte[] bytes = new byte[count];
            random.NextBytes(bytes);
            switch (random.Next(5))
            {
                case 0:
                    Assert.Equal(Errno.None, file.SetLength(offset));
                    if (offset < length) model.AsSpan(offset).Clear();
                    length = offset;
                    break;
                case 1:
                    engine.Files.DropCaches();
                    break;
                default:
                    Assert.Equal(Errno.None, process.FileDescriptors.Write(descriptor, offset, bytes, out int written));
                    Assert.Equal(count, written);
                    bytes.CopyTo(model, offset);
                    length = Math.Max(length, offset + count);
                    break;
            }

            Assert.Equal(length, file.ByteLength);
            Assert.True(disk.Content.SequenceEqual(model.AsSpan(0, (int)length)));
            byte[] read = new byte[length];
            Assert.Equal(Errno.None, file.Read(0, read, out int got));
            Assert.True(got == length && read.AsSpan().SequenceEqual(model.AsSpan(0, (int)length)));
        }

        Assert.Empty(engine.Audit().Findings);
    });

    [Fact]
    public void PagesStayCleanAndAreNotWrittenAgain()
    {
        using PagingEngine engine = new(new() { RamBytes = 1 << 20 });
        MemoryBacking disk = new(new byte[LengthMax]);
        using GuestFile file = engine.Files.CreateFile("file", disk);
        file.IsWrittenThrough = true;
        for (int offset = 0; offset < LengthMax; offset += 100) Assert.Equal(Errno.None, file.Write(offset, [1, 2, 3], out _));
        long written = engine.Files.CacheCounters.BackingWrites;
        Assert.Equal(PageCount.Zero, file.DirtyPages);
        engine.Files.SynchronizeAll();
        Assert.Equal(written, engine.Files.CacheCounters.BackingWrites);
    }

    [Fact]
    public void BytesThatTheBackingRefusesAreNotInTheFile()
    {
        using PagingEngine engine = new(new() { RamBytes = 1 << 20 });
        MemoryBacking disk = new(capacityByteLength: 2 * PageBytes);
        using GuestFile file = engine.Files.CreateFile("file", disk);
        file.IsWrittenThrough = true;
        Assert.Equal(Errno.None, file.Write(0, new byte[3 * PageBytes], out int written));
        Assert.Equal((2 * PageBytes, 2L * PageBytes), (written, file.ByteLength));
        Assert.Equal(Errno.ENOSPC, file.Write(2 * PageBytes, [1], out written));
        Assert.Equal((0, 2L * PageBytes), (written, file.ByteLength));
    }

    [Fact]
    public void MappingsAndTheFileSeeEachOtherAndStoresGoWhenAsked()
    {
        using PagingEngine engine = new(new() { RamBytes = 1 << 20 });
        MemoryBacking disk = new(new byte[LengthMax]);
        using GuestFile file = engine.Files.CreateFile("file", disk);
        file.IsWrittenThrough = true;
        using UserProcess process = engine.CreateProcess("writer");
        Assert.Equal(Errno.None, file.Open(process, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(Errno.None, process.Memory.Map(At, LengthMax, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, 0, out _));
        Assert.Equal(Errno.None, file.Write(10, [7], out _));
        Assert.Equal(7, process.Memory.Mmu.Read<byte>(At + 10));
        process.Memory.Mmu.Write(At + 20, (byte)8);
        process.Memory.Mmu.Write(At + (uint)(PageBytes + 20), (byte)9);
        Assert.Equal(Errno.None, file.Write(30, [10], out _));
        Assert.Equal((0, 10, 2u), (disk.Content[20], disk.Content[30], file.DirtyPages.Value));
        process.Memory.WriteBack(At, PageBytes);
        Assert.Equal((8, 10, 1u), (disk.Content[20], disk.Content[30], file.DirtyPages.Value));
        process.Memory.Mmu.Write(At + 20, (byte)11);
        engine.Files.WriteBack();
        Assert.Equal((11, 9, 0u), (disk.Content[20], disk.Content[PageBytes + 20], file.DirtyPages.Value));
        Assert.Empty(engine.Audit().Findings);
    }

    [Fact]
    public void FilesThatAreWrittenLaterAreLeftAlone()
    {
        using PagingEngine engine = new(new() { RamBytes = 1 << 20 });
        MemoryBacking disk = new(new byte[PageBytes]);
        using GuestFile file = engine.Files.CreateFile("file", disk);
        Assert.Equal(Errno.None, file.Write(0, [1], out _));
        engine.Files.WriteBack();
        Assert.Equal((0, 1u), (disk.Content[0], file.DirtyPages.Value));
    }
}
