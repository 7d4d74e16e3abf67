using Paging.Core.Files;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The pages that each kind of clear_refs clears, and calls on guest memory at page borders.</summary>
/// <remarks>Linux: fs/proc/task_mmu.c clear_refs_write: 1 all, 2 anonymous, 3 mapped files, 4 soft-dirty.</remarks>
public sealed class ClearedReferencesTests
{
    /// <summary>Accessed and soft-dirty bits of a private page and of a file's page afterwards.</summary>
    [Theory]
    [InlineData(ReferenceKind.All, false, false, true)]
    [InlineData(ReferenceKind.Anonymous, false, true, true)]
    [InlineData(ReferenceKind.Mapped, true, false, true)]
    [InlineData(ReferenceKind.SoftDirty, true, true, false)]
    public void EachKindClearsItsOwn(ReferenceKind kind, bool isPrivateUsed, bool isFileUsed, bool isSoftDirty)
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(0);
        world.MapFile(world.OpenFile("f", 2), 10, 2, type: MapFlags.Shared);
        world.Touch(10);
        World.Succeeds(world.Memory.ClearReferences(kind));
        PageTableEntry own = world.Memory.Space.Tables.Read(World.At(0).Page), cached = world.Memory.Space.Tables.Read(World.At(10).Page);
        Assert.Equal((isPrivateUsed, isFileUsed), (own.IsAccessed, cached.IsAccessed));
        Assert.Equal((isSoftDirty, isSoftDirty), (world.Memory.ReadPagemap(World.At(0).Page).IsSoftDirty,
            world.Memory.ReadPagemap(World.At(10).Page).IsSoftDirty));
        world.AssertNothingIsLeft();
    }

    /// <summary>A file's calls with guest memory at a page's border and beside it move exactly the bytes.</summary>
    [Theory]
    [InlineData(0, 4096)]
    [InlineData(1, 4095)]
    [InlineData(1, 4096)]
    [InlineData(4095, 2)]
    [InlineData(100, 8192)]
    [InlineData(4000, 12288)]
    public void BytesGoFromGuestMemoryToAFileAndBack(int offset, int count)
    {
        using World world = new();
        world.Map(0, 5);
        byte[] bytes = [.. Enumerable.Range(0, count).Select(static index => (byte)((index * 7) + 1))];
        Assert.Equal(count, world.Mmu.CopyIn(World.At(0, offset), bytes, out _));
        int file = world.OpenFile("f", 0);
        World.Succeeds(world.First.FileDescriptors.WriteFrom(file, World.At(0, offset), (uint)count, out uint written));
        Assert.Equal((uint)count, written);
        byte[] read = new byte[count + 1];
        World.Succeeds(world.First.FileDescriptors.Read(file, 0, read, out int got));
        Assert.Equal(count, got);
        Assert.True(bytes.AsSpan().SequenceEqual(read.AsSpan(0, got)));
        world.Map(10, 5);
        World.Succeeds(world.First.FileDescriptors.Seek(file, 0, SeekOrigin.Begin, out _));
        World.Succeeds(world.First.FileDescriptors.ReadTo(file, World.At(10, offset), (uint)count + 1, out uint returned));
        Assert.Equal((uint)count, returned);
        Assert.Equal(count, world.Mmu.CopyOut(World.At(10, offset), read.AsSpan(0, count), out _));
        Assert.True(bytes.AsSpan().SequenceEqual(read.AsSpan(0, count)));
        Assert.Equal(0, world.Peek(10 + ((offset + count) / 4096), (offset + count) % 4096));
        world.AssertNothingIsLeft();
    }

    /// <summary>If the memory ends midway, the bytes before the end are written; without a byte it is EFAULT.</summary>
    [Fact]
    public void MemoryThatEndsInBetween()
    {
        using World world = new();
        world.Map(0, 2);
        int file = world.OpenFile("f", 0);
        World.Succeeds(world.First.FileDescriptors.WriteFrom(file, World.At(1, 4000), 200, out uint written));
        Assert.Equal(96u, written);
        Assert.Equal(Errno.EFAULT, world.First.FileDescriptors.WriteFrom(file, World.At(2), 200, out written));
        Assert.Equal(0u, written);
        World.Succeeds(world.First.FileDescriptors.Seek(file, 0, SeekOrigin.Current, out long position));
        Assert.Equal(96, position);
        world.AssertNothingIsLeft();
    }

    /// <summary>The numbers of pages of the pool are never negative.</summary>
    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    public void OptionsOfThePoolAreChecked(int pages, int surplus) => Assert.ThrowsAny<ArgumentException>(
        () => new PagingEngine(World.Options() with { HugePages = pages, SurplusHugePages = surplus }));

    /// <summary>A file in memory of the host grows to the end of a reservation.</summary>
    [Fact]
    public void ReservingMakesAFileOfTheHostsMemoryLonger()
    {
        using MemoryBacking backing = new([]);
        using World world = new();
        GuestFile file = world.Engine.Files.CreateFile("host", backing);
        World.Succeeds(world.First.FileDescriptors.Allocate(world.Open(file), AllocationFlags.None, 4096, 100));
        Assert.Equal((4196L, 4196L), (file.ByteLength, backing.ByteLength));
        World.Succeeds(backing.Allocate(0, 10));
        Assert.Equal(4196L, backing.ByteLength);
    }
}
