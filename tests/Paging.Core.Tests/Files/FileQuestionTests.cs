using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Properties of a file, recounted from the areas, and the calls that fail while the file is in use.</summary>
public sealed class FileQuestionTests
{
    private const MemoryProtection Read = MemoryProtection.Read, ReadWrite = MemoryProtection.ReadWrite;

    /// <summary>
    /// Three processes map and unmap two files at random: the mappings of each file, their number, and whether one may write.
    /// </summary>
    [Fact]
    public void MappingsAreThoseOfTheAreas() => Property.ForSeeds(8, static seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        GuestFile[] files = [world.CreateFile("one", 4), world.CreateFile("two", 4)];
        int[] writable = [.. files.Select(file => world.Open(file))];
        int[] readable = [.. files.Select(file => world.Open(file, FileRights.Read))];
        UserProcess[] processes = [world.First, world.First.Fork(), world.First.Fork()];
        Dictionary<(int Process, int Place), (int File, bool IsShared, bool MayWrite)> model = [];
        for (int step = 0; step < 60; step++)
        {
            int process = random.Next(3), place = random.Next(6), file = random.Next(2);
            VirtualAddress at = World.At(place * 2);
            if (random.Next(3) == 0)
            {
                World.Succeeds(processes[process].Memory.Unmap(at, World.Bytes(1)));
                model.Remove((process, place));
            }
            else
            {
                bool isShared = random.Next(2) == 0, isReadable = random.Next(2) == 0;
                World.Succeeds(processes[process].Memory.Map(at, World.Bytes(1), Read,
                    (isShared ? MapFlags.Shared : MapFlags.Private) | MapFlags.Fixed,
                    isReadable ? readable[file] : writable[file], 0, out _));
                model[(process, place)] = (file, isShared, !isReadable);
            }

            for (int one = 0; one < files.Length; one++)
            {
                var areas = model.Where(pair => pair.Value.File == one).ToArray();
                Assert.Equal(areas.Length, files[one].MappingCount);
                Assert.Equal(areas.Any(static pair => pair.Value is { IsShared: true, MayWrite: true }), files[one].IsMappedToWrite);
                for (int who = 0; who < processes.Length; who++)
                    Assert.Equal(areas.Any(pair => pair.Key.Process == who), files[one].IsMappedBy(processes[who].Memory));
            }
        }

        foreach (GuestFile file in files)
        {
            bool isBusy = file.IsMappedToWrite;
            World.Returns(isBusy ? Errno.EBUSY : Errno.None, file.AddSeals(FileSeals.Write));
            Assert.Equal(isBusy ? FileSeals.None : FileSeals.Write, file.Seals);
            World.Succeeds(file.AddSeals(FileSeals.Grow));
            Assert.True((file.Seals & FileSeals.Grow) != 0);
        }
    });

    [Fact]
    public void SealsAreAddedUntilTheyAreSealed()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        World.Returns(Errno.EINVAL, file.AddSeals((FileSeals)0x4000));
        World.Succeeds(file.AddSeals(FileSeals.Shrink));
        World.Succeeds(file.AddSeals(FileSeals.Write | FileSeals.Shrink));
        world.MapFile(world.Open(file, FileRights.Read), 0, 1, type: MapFlags.Shared, protection: Read);
        World.Succeeds(file.AddSeals(FileSeals.Write | FileSeals.Seal));    // what is sealed already is no new seal
        World.Returns(Errno.EPERM, file.AddSeals(FileSeals.Grow));
        Assert.Equal(FileSeals.Shrink | FileSeals.Write | FileSeals.Seal, file.Seals);
    }

    [Fact]
    public void RightsDecideHowAFileIsOpened()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        Assert.Equal(FileRights.ReadWrite, file.Rights);
        file.Rights = FileRights.Read;
        Assert.Equal(FileRights.Read, file.Rights);
        World.Returns(Errno.EACCES, file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(-1, descriptor);
        World.Returns(Errno.EACCES, file.Write(0, [1], out _));
        World.Succeeds(file.Open(world.First, FileRights.Read, out descriptor));
        World.Returns(Errno.EINVAL, file.Open(world.First, FileRights.Read, (OpenFlags)0x1000, out _));
        file.Rights = (FileRights)(-1);
        Assert.Equal(FileRights.ReadWrite, file.Rights);    // there are no others
        file.Rights = FileRights.None;
        World.Returns(Errno.EACCES, file.Open(world.First, FileRights.Read, out _));
        file.Rights = FileRights.ReadWrite;
        file.Name = "g";
        Assert.Equal("g", file.Name);
        file.Dispose();
        Assert.Equal("", file.Name);
    }

    [Fact]
    public void SharedMemoryIsCommittedOrNot()
    {
        using World world = new();
        using GuestFile committed = world.Engine.Files.CreateSharedMemory(8192, isCommitted: true);
        using GuestFile loose = world.Engine.Files.CreateSharedMemory(8192, isCommitted: false);
        Assert.Equal((true, false), (committed.IsCommitted, loose.IsCommitted));
        Assert.Equal(2, world.Engine.Memory.Committed);
    }

    /// <summary>Objects are numbered from 1; FindFile finds a file by its number while the file has a holder.</summary>
    [Fact]
    public void AFileIsFoundByItsNumberWhileItLives()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 3), other = world.CreateFile("g", 1);
        Assert.Equal(file.Id + 1, other.Id);
        using (GuestFile? found = world.Engine.Files.Find(file.Id))
        {
            Assert.Equal(("f", file.Id, 3 * 4096L), (found!.Name, found.Id, found.ByteLength));
        }

        foreach (int unused in new[] { int.MinValue, -1, 0, other.Id + 1, int.MaxValue }) Assert.Null(world.Engine.Files.Find(unused));
        int gone = other.Id;
        other.Dispose();
        Assert.Null(world.Engine.Files.Find(gone));
        using GuestFile? still = world.Engine.Files.Find(file.Id);
        Assert.NotNull(still);
    }

    /// <summary>Two addresses are the same byte if and only if a store to one is seen at the other: tried with a store.</summary>
    [Fact]
    public void TwoAddressesHaveOneIdentityIfTheyAreOneByte()
    {
        using World world = new();
        int descriptor = world.OpenFile("f", 4), other = world.OpenFile("g", 4);
        world.Map(0, 2);
        world.MapShared(4, 2);
        World.Succeeds(world.Memory.Remap(World.At(4), 0, World.Bytes(2), RemapFlags.MayMove | RemapFlags.Fixed, World.At(8), out _));
        world.MapFile(descriptor, 12, 4, type: MapFlags.Shared);
        world.MapFile(descriptor, 16, 2, filePage: 1, type: MapFlags.Shared);
        world.MapFile(descriptor, 20, 2, filePage: 1);
        world.MapFile(other, 24, 2, filePage: 1, type: MapFlags.Shared);
        UserProcess child = world.First.Fork();
        List<(UserProcess Process, VirtualAddress At)> places = [];
        foreach (int page in new[] { 0, 1, 4, 5, 8, 9, 13, 14, 16, 17, 20, 24 })
        {
            foreach (int offset in new[] { 0, 100, 4095 }) places.Add((world.First, World.At(page, offset)));
            places.Add((child, World.At(page, 100)));
        }

        foreach ((UserProcess process, VirtualAddress at) in places)
        {
            foreach ((UserProcess all, VirtualAddress one) in places) all.Memory.Mmu.Write(one, (byte)1);
            process.Memory.Mmu.Write(at, (byte)2);
            Assert.True(process.Memory.Areas.TryIdentify(at, out ulong owner, out ulong offset));
            foreach ((UserProcess all, VirtualAddress one) in places)
            {
                Assert.True(all.Memory.Areas.TryIdentify(one, out ulong sameOwner, out ulong sameOffset));
                Assert.Equal(all.Memory.Mmu.Read<byte>(one) == 2, (owner, offset) == (sameOwner, sameOffset));
            }
        }

        Assert.False(world.Memory.Areas.TryIdentify(World.At(3), out ulong none, out ulong nowhere));
        Assert.Equal((0ul, 0ul), (none, nowhere));
    }

    /// <summary>A file whose host file has changed is reloaded, unless it is mapped or dirty.</summary>
    [Fact]
    public void AFileIsReloadedOnlyWhileUnmappedAndClean()
    {
        using World world = new();
        ByteBacking backing = new(3 * 4096);
        GuestFile file = world.CreateBacked(backing);
        World.Succeeds(file.Read(0, new byte[4096], out _));
        Assert.True(file.IsCached(default));
        backing.SetLength(8192);
        file.Reload(8192);
        Assert.Equal((8192L, 0u), (file.ByteLength, file.CachedPages.Value));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Reload(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Reload(GuestFile.ByteLengthMax + 1));
        int descriptor = world.Open(file);
        world.MapFile(descriptor, 0, 1, type: MapFlags.Shared, protection: ReadWrite);
        Assert.Throws<InvalidOperationException>(() => file.Reload(4096));
        world.Touch(0, 9);
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(1)));
        Assert.Throws<InvalidOperationException>(() => file.Reload(4096));    // dirty
        World.Succeeds(world.First.FileDescriptors.Synchronize(descriptor));
        file.Reload(0);
        file.Reload(GuestFile.ByteLengthMax);
        file.Reload(8192);
        Assert.Throws<InvalidOperationException>(() => world.CreateFile("memory", 1).Reload(4096));
    }
}
