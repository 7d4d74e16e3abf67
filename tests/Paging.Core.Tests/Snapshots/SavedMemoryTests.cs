using Paging.Core.Swap;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Memory files, shared anonymous memory and segments are saved with the process that maps them, and are part of its images: bytes, holes,
/// length, seals, and the pages that only fallocate(2) has made.
/// </summary>
public sealed class SavedMemoryTests
{
    private static readonly VirtualAddress Ram = new(0x2000_0000);

    /// <summary>The machine of an emulator, whose RAM is a memory file: loaded, cloned twice, and each has its own.</summary>
    [Theory]
    [InlineData(FileKind.Memory, false)]
    [InlineData(FileKind.SharedAnonymous, false)]
    [InlineData(FileKind.Memory, true)]    // a segment of System V
    public void AMachineKeepsItsRam(FileKind kind, bool isSegment)
    {
        using World world = new(), other = new(4);
        using GuestFile ram = kind == FileKind.Memory
            ? world.Engine.Files.CreateMemoryFile("ram", 512 << 10) : world.Engine.Files.CreateSharedMemory(512 << 10, isCommitted: true);
        ram.IsSegment = isSegment;
        world.Memory.MapFile(Ram, ram, 512 << 10);
        world.Memory.MapFile(Ram + 0x10_0000, ram, 4096, 0x8000);    // a bank
        world.Mmu.Write(Ram + 0x8010, (byte)0x47);
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        SavedStream saved = SavedStream.Of(snapshot);
        UserProcess[] all =
        [
            world.First, other.Engine.SavedProcesses.Load(new MemoryStream(saved.ToBytes())), other.Engine.CloneProcess(image),
            other.Engine.CloneProcess(image), world.Engine.CloneProcess(image),
        ];
        foreach (UserProcess process in all)
        {
            Assert.Equal(0x47, process.Memory.Mmu.Read<byte>(Ram + 0x8010));
            process.Memory.Mmu.Write(Ram + 0x8011, (byte)process.Id);    // no other sees it
            process.Memory.Mmu.Write(Ram + 0x8012, (byte)(process.Id + 64));
        }

        foreach (UserProcess process in all)
        {
            Assert.Equal((byte)process.Id, process.Memory.Mmu.Read<byte>(Ram + 0x8011));
            Assert.Equal((byte)(process.Id + 64), process.Memory.Mmu.Read<byte>(Ram + 0x10_0012));    // through the bank
            using GuestFile file = (world.Engine.Processes.Contains(process)
                ? world : other).Engine.Files.Find(process.Memory.Areas.Snapshot().Single(static area =>
                    area.Range.First == Ram.Page).ObjectId)!;
            Assert.Equal((ram.Name, ram.Kind, ram.ByteLength, ram.IsSegment, ram.IsCommitted),
                (file.Name, file.Kind, file.ByteLength, file.IsSegment, file.IsCommitted));
        }

        world.Verify();
        other.Verify();
        foreach (UserProcess process in all[1..4]) process.Dispose();
        other.AssertNothingIsLeft();
    }

    /// <summary>A log of frames sees the frames that a loaded process gets, and its later stores (D4).</summary>
    [Theory]
    [InlineData(WriteSources.Mmu)]
    [InlineData(WriteSources.Processor)]
    public void ALogOfFramesSeesALoadedProcess(WriteSources sources)
    {
        using World world = new(), other = new(4);
        using GuestFile ram = world.Engine.Files.CreateMemoryFile("ram", 8 << 12);
        world.Memory.MapFile(Ram, ram, 8 << 12);
        world.Mmu.Write(Ram, 7);
        world.Map(64, 2);
        world.Mmu.Write(World.At(64), 8);
        SavedStream saved = SavedStream.Of(world.First.TakeSnapshot());
        using FrameDirtyLog log = other.Engine.OpenDirtyLog(sources);
        UserProcess loaded = other.Engine.SavedProcesses.Load(new MemoryStream(saved.ToBytes()));
        Assert.Equal((7, 8), (loaded.Memory.Mmu.Read<int>(Ram), loaded.Memory.Mmu.Read<int>(World.At(64))));
        other.Verify();
        FrameNumber[] both = [loaded.Memory.ReadPagemap(Ram.Page).Frame, loaded.Memory.ReadPagemap(World.At(64).Page).Frame];
        Assert.Empty(both.Except(log.CollectDirty().ToArray()));
        loaded.Memory.Mmu.Write(Ram, 9);
        loaded.Memory.Mmu.Write(World.At(64), 9);
        Assert.Equal(both.Order(), log.CollectDirty().ToArray().Order());
        other.Verify();
    }

    /// <summary>A memory file may be longer than the pages that it can have.</summary>
    [Fact]
    public void ALengthBeyondThePagesComesBack()
    {
        using World world = new(), other = new(4);
        using GuestFile file = world.Engine.Files.CreateMemoryFile("long", 0x2000);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(world.First.FileDescriptors.SetLength(descriptor, long.MaxValue));
        world.Memory.MapFile(Ram, file, 0x2000);
        world.Mmu.Write(Ram, 7);
        using Snapshot snapshot = world.First.TakeSnapshot();
        UserProcess loaded = other.Engine.CloneProcess(ProcessImage.Of(snapshot));
        Assert.Equal(7, loaded.Memory.Mmu.Read<int>(Ram));
        using GuestFile copy = other.Engine.Files.Find(loaded.Memory.Areas.Snapshot()[0].ObjectId)!;
        Assert.Equal(long.MaxValue, copy.ByteLength);
        other.Verify();
    }

    /// <summary>A huge page of shared memory has pages beyond the end of its object; they are not the object's.</summary>
    [Fact]
    public void PagesBeyondTheEndAreNotSaved()
    {
        EngineOptions options = new()
        {
            RamBytes = 16 << 20,
            Tables = TableFormat.Pae,
            TransparentHugePages = TransparentHugePages.Advised,
        };
        using PagingEngine engine = new(options), other = new(options);
        UserProcess process = engine.CreateProcess("first");
        using GuestFile file = engine.Files.CreateMemoryFile("ram", 2 << 20);
        process.Memory.MapFile(Ram, file, 2 << 20);
        process.Memory.Mmu.Write(Ram, 7);
        World.Succeeds(process.Memory.Advise(Ram, 2 << 20, MemoryAdvice.Collapse));
        World.Succeeds(file.SetLength(0x1800));
        process.Memory.Mmu.Write(Ram + 0x1000, 8);
        using Snapshot snapshot = process.TakeSnapshot();
        using UserProcess clone = other.CloneProcess(ProcessImage.Of(snapshot));
        Assert.Equal((7, 8), (clone.Memory.Mmu.Read<int>(Ram), clone.Memory.Mmu.Read<int>(Ram + 0x1000)));
        Assert.True(other.Audit().IsClean);
    }

    /// <summary>Random memory, near or far, loaded or cloned, compared page by page with what was saved.</summary>
    [Fact]
    public void EveryPageAndHoleComesBack() => Property.ForSeeds(30, static seed =>
    {
        Random random = new((int)seed);
        using World world = new(8);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        GuestFile[] files = [.. Enumerable.Range(0, 3).Select(index => Build(world, random, index))];
        using Snapshot snapshot = world.First.TakeSnapshot();
        using World other = new(8);
        World.Succeeds(other.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        List<byte[]> pages = [];
        UserProcess[] made = (seed % 3) switch
        {
            0 => [other.Engine.SavedProcesses.Load(new MemoryStream(SavedStream.Of(snapshot).ToBytes()))],
            1 => Clones(other, ProcessImage.Of(snapshot)),
            _ => [Resume(other, snapshot, pages)],
        };
        other.Verify();
        foreach (UserProcess process in made)
        {
            for (int index = 0; index < files.Length; index++) Compare(files[index], FileAt(other, process, index), isFar: seed % 3 == 2);
        }

        other.Verify();
        foreach (UserProcess process in made) process.Dispose();
        other.AssertNothingIsLeft();
    });

    [Fact]
    public void AProcessThatDoesNotFitLeavesNothing()
    {
        using World world = new(8), other = new(2);
        using GuestFile ram = world.Engine.Files.CreateMemoryFile("ram", 4 << 20);
        world.Memory.MapFile(Ram, ram, 4 << 20);
        for (uint page = 0; page < 1024; page++) world.Mmu.Write(Ram + (page << 12), page + 1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        Assert.Throws<NoMemoryException>(() =>
            other.Engine.SavedProcesses.Load(new MemoryStream(SavedStream.Of(snapshot).ToBytes())));
        UserProcess clone = other.Engine.CloneProcess(image);    // has no page of its own yet
        uint pages = 0;
        while (clone.Memory.Mmu.TryRead(Ram + (pages << 12), out uint word, out MemoryFault fault) || !IsShort(fault))
            Assert.Equal(++pages, word);
        Assert.InRange(pages, 400u, 512u);
        clone.Dispose();
        other.AssertNothingIsLeft();
    }

    private static bool IsShort(MemoryFault fault)
    {
        Assert.Equal(MemoryFaultKind.OutOfMemory, fault.Kind);
        return true;
    }

    /// <summary>The loader asks by name, so two of one name cannot be told apart.</summary>
    [Theory]
    [InlineData(FileKind.Device, "two devices named 'x'")]
    [InlineData(FileKind.Backed, "two files named 'x'")]
    public void TwoOfOneNameAreRefused(FileKind kind, string part)
    {
        using World world = new();
        GuestFile[] two = [.. Enumerable.Range(0, 2).Select(_ => kind == FileKind.Device
            ? world.Engine.Files.CreateHostMemoryFile("x", new byte[4096]) : world.Engine.Files.CreateFile("x", new ByteBacking(4096)))];
        for (int i = 0; i < 2; i++) world.MapFile(world.Open(two[i]), i, 1, type: MapFlags.Shared);
        using Snapshot snapshot = world.First.TakeSnapshot();
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => snapshot.Save(Stream.Null));
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => ProcessImage.Of(snapshot));
        SavedStream saved = SavedStream.Of(snapshot, id => id == two[0].Id ? "x" : "y");
        Assert.Equal("x y", string.Join(' ', saved.Areas.Where(static area => area.Name.Length != 0).Select(static area => area.Name)));
        two[1].Name = "z";
        Assert.Equal("x z", string.Join(' ', SavedStream.Of(snapshot).Areas.Where(static area => area.Name.Length != 0)
            .Select(static area => area.Name)));
        world.Verify();
    }

    private static UserProcess[] Clones(World world, ProcessImage image) =>
        [world.Engine.CloneProcess(image), world.Engine.CloneProcess(image), world.Engine.CloneProcess(image)];

    private static UserProcess Resume(World world, Snapshot snapshot, List<byte[]> pages)
    {
        using MemoryStream stream = new();
        snapshot.Save(stream, page => pages.Add(page.ToArray()));
        stream.Position = 0;
        return world.Engine.SavedProcesses.Resume(stream, new PageStore(pages), out _);
    }

    private static GuestFile Build(World world, Random random, int index)
    {
        int pages = random.Next(1, 600);
        long byteLength = ((long)pages << 12) - (index == 0 ? random.Next(4096) : 0);
        GuestFile file = index == 2 ? world.Engine.Files.CreateSharedMemory(byteLength, random.Next(2) == 0)
            : world.Engine.Files.CreateMemoryFile($"m{index}", byteLength);
        byte[] bytes = new byte[4096];
        for (int at = 0; at < pages; at += random.Next(1, 4))
        {
            int kind = random.Next(4);
            if (kind == 0) bytes.AsSpan().Clear();
            else random.NextBytes(bytes);
            if (kind < 3) World.Succeeds(file.Write((long)at << 12, bytes.AsSpan(0, (int)Math.Min(4096, byteLength - ((long)at << 12))),
                out _));
        }

        VirtualAddress place = Place(index);
        world.Memory.MapFile(place, file, (uint)pages << 12, isPrivate: index == 1);
        for (int at = 0; at < pages; at += 5) _ = world.Mmu.Read<byte>(place + ((uint)at << 12));    // clean pages of zeros
        World.Succeeds(world.Memory.Advise(place, (uint)random.Next(1, pages + 1) << 12, MemoryAdvice.PageOut));
        if (index == 0) World.Succeeds(file.AddSeals(FileSeals.Shrink | FileSeals.Seal));
        return file;
    }

    private static VirtualAddress Place(int index) => Ram + ((uint)index * 0x100_0000);

    private static GuestFile FileAt(World world, UserProcess process, int index) =>
        world.Engine.Files.Find(process.Memory.Areas.Snapshot().First(area => area.Range.First == Place(index).Page).ObjectId)!;

    private static void Compare(GuestFile saved, GuestFile loaded, bool isFar)
    {
        using (loaded)
        {
            Assert.Equal((saved.Name, saved.Kind, saved.ByteLength, saved.Seals, saved.Rights, saved.IsCommitted),
                (loaded.Name, loaded.Kind, loaded.ByteLength, loaded.Seals, loaded.Rights, loaded.IsCommitted));
            uint held = saved.CachedPages.Value + saved.SwappedPages.Value;
            Assert.Equal(held, loaded.CachedPages.Value + loaded.SwappedPages.Value);
            if (isFar) Assert.True(loaded.SwappedPages.Value > 0 || held < 8);
            byte[] then = new byte[saved.ByteLength], now = new byte[saved.ByteLength];
            World.Succeeds(saved.Read(0, then, out int count));
            World.Succeeds(loaded.Read(0, now, out int loadedCount));
            Assert.Equal(count, loadedCount);
            Assert.True(then.AsSpan().SequenceEqual(now));
        }
    }
}
