using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Deltas: images that have only the pages that differ from another one, in memory and as files.</summary>
public sealed class ImageDeltaTests : IDisposable
{
    private const int Pages = 3000;    // three page tables

    private readonly string _folder = Directory.CreateTempSubdirectory("paging-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A clone knows its own pages; of those, one that has its old content again is the parent's.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, false)]
    [InlineData(TableFormat.Classic, true)]
    [InlineData(TableFormat.Pae, true)]
    public void ADeltaOfACloneHasThePagesThatDiffer(TableFormat tables, bool isFurther)
    {
        string path = SaveBase();
        ProcessImage parent = ProcessImage.Open(path);
        using World world = new(Small(tables));
        using UserProcess first = world.Engine.CloneProcess(parent);
        using UserProcess clone = isFurther ? world.Engine.CloneProcess(parent) : first;
        clone.Memory.Mmu.Write(World.At(1), (byte)0xEE);
        clone.Memory.Mmu.Write(World.At(1500), (byte)0xED);
        clone.Memory.Mmu.Write(World.At(1501), clone.Memory.Mmu.Read<byte>(World.At(1501)));    // the same again
        clone.Memory.Mmu.Write(World.At(1502), 0L);
        clone.Memory.Mmu.Write(World.At(1502, 8), 0L);    // a page of zeros takes no memory
        World.Succeeds(clone.Memory.Unmap(World.At(2000), 4096));
        using Snapshot snapshot = clone.TakeSnapshot();
        ProcessImage delta = ProcessImage.DeltaOf(snapshot, parent);
        Assert.Equal((2u, Pages - 2u), (delta.OwnPages.Value, delta.Pages.Value));
        Assert.Same(parent, delta.Parent);
        world.Verify();

        string file = Save(delta.Save, "delta");
        Assert.True(new FileInfo(file).Length < 5 * 4096);
        ProcessImage opened = ProcessImage.Open(file, ProcessImage.Open(path));
        Assert.Equal((delta.Hash, delta.Pages, delta.OwnPages), (opened.Hash, opened.Pages, opened.OwnPages));
        foreach (ProcessImage one in new[] { delta, opened })
        {
            using World other = new(Small(tables));
            using UserProcess made = other.Engine.CloneProcess(one), again = other.Engine.CloneProcess(one);
            foreach (UserProcess process in new[] { made, again }) AssertSame(clone, process);
            made.Memory.Mmu.Write(World.At(1), (byte)1);
            Assert.Equal(0xEE, again.Memory.Mmu.Read<byte>(World.At(1)));
            other.Verify();
        }
    }

    /// <summary>A process of another engine that never heard of the parent, as in another run.</summary>
    [Fact]
    public void ADeltaOfAnotherProcessIsByContent()
    {
        ProcessImage parent = ProcessImage.Open(SaveBase());
        using World world = new(16);
        Fill(world);
        world.Touch(7, 0xEE);
        world.Map(Pages, 1);
        world.Touch(Pages, 5);    // the parent has no page there
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage delta = ProcessImage.DeltaOf(snapshot, parent);
        Assert.Equal((2u, Pages + 1u), (delta.OwnPages.Value, delta.Pages.Value));
        ProcessImage opened = ProcessImage.Open(Save(delta.Save, "delta"), parent);
        using World other = new(Small());
        using UserProcess clone = other.Engine.CloneProcess(opened), original = other.Engine.CloneProcess(parent);
        AssertSame(world.First, clone);
        Assert.Equal(8, original.Memory.Mmu.Read<byte>(World.At(7)));
        world.Verify();
        other.Verify();
    }

    /// <summary>Each state is saved against the one before, and the chain is opened in another engine.</summary>
    [Fact]
    public void AChainOfDeltasIsOpened()
    {
        ProcessImage image = ProcessImage.Open(SaveBase());
        using World world = new(Small());
        UserProcess clone = world.Engine.CloneProcess(image);
        List<string> files = [];
        for (int step = 0; step < 5; step++)
        {
            for (int page = 0; page < 4; page++) clone.Memory.Mmu.Write(World.At((step * 400) + (page * 3)), 0xAB00 + step);
            clone.Memory.Mmu.Write(World.At(9), step);    // in each of them
            using Snapshot snapshot = clone.TakeSnapshot();
            image = ProcessImage.DeltaOf(snapshot, image);
            Assert.Equal(step == 0 ? 4u : 5, image.OwnPages.Value);
            files.Add(Save(image.Save, $"delta{step}"));
        }

        ProcessImage opened = ProcessImage.Open(Path.Combine(_folder, "base"));
        foreach (string file in files)
        {
            ProcessImage next = ProcessImage.Open(file, opened);
            Assert.Same(opened, next.Parent);
            opened = next;
        }

        ProcessImage whole = ProcessImage.Open(Save(opened.SaveWhole, "whole"));
        Assert.Equal((opened.Pages, opened.Pages), (whole.Pages, whole.OwnPages));
        Assert.Null(whole.Parent);
        Assert.NotEqual(opened.Hash, whole.Hash, StringComparer.Ordinal);
        foreach (ProcessImage one in new[] { opened, whole })
        {
            using World other = new(Small());
            using UserProcess made = other.Engine.CloneProcess(one);
            AssertSame(clone, made);
            other.Verify();
        }

        string text = Assert.Throws<InvalidDataException>(() => ProcessImage.Open(files[2], whole)).Message;
        Assert.Equal($"The saved image is a delta against the image {ProcessHashOf(files[1])}, "
            + $"and the given parent is the image {whole.Hash[..16]}.", text);
    }

    /// <summary>A chain has an end, and its last image can begin another one.</summary>
    [Fact]
    public void TheSixtyFifthDeltaIsRefused()
    {
        using World world = new();
        world.Map(0, 80);
        world.Touch(0);
        ProcessImage image;
        using (Snapshot start = world.First.TakeSnapshot()) image = ProcessImage.Of(start);
        for (int i = 1; i <= 64; i++)
        {
            world.Touch(i, (byte)i);
            using Snapshot snapshot = world.First.TakeSnapshot();
            image = ProcessImage.DeltaOf(snapshot, image);
            Assert.Equal(1u, image.OwnPages.Value);
        }

        using Snapshot last = world.First.TakeSnapshot();
        Assert.Equal("Cannot make a delta: its parent is the last of 64 deltas. SaveWhole writes an image without a parent.",
            Assert.Throws<NotSupportedException>(() => ProcessImage.DeltaOf(last, image)).Message);
        using World other = new();
        using UserProcess clone = other.Engine.CloneProcess(image);
        for (int i = 1; i <= 64; i++) Assert.Equal(i, clone.Memory.Mmu.Read<byte>(World.At(i)));
        other.Verify();
        ProcessImage whole = ProcessImage.Open(Save(image.SaveWhole, "whole"));
        Assert.Equal(0u, ProcessImage.DeltaOf(last, whole).OwnPages.Value);
    }

    /// <summary>Processes of an engine with shared memory: what a client has written to it, and a private page of a server.</summary>
    [Fact]
    public void ADeltaOfAnEngineHasWhatItsProcessesChanged()
    {
        using World world = new(8);
        world.Map(0, 200);
        world.MapShared(300, 100);
        for (int page = 0; page < 200; page++) world.Touch(page, (byte)(page | 1));
        for (int page = 300; page < 400; page++) world.Touch(page, (byte)(page | 1));
        using UserProcess child = world.First.Fork();
        string path;
        using (EngineSnapshot snapshot = world.Engine.TakeSnapshot()) path = Save(EngineImage.Of(snapshot).Save, "base");
        EngineImage parent = EngineImage.Open(path);
        using World other = new(8);
        IReadOnlyList<UserProcess> set = other.Engine.CloneProcesses(parent);
        foreach (World one in new[] { world, other })    // the processes that were saved, and clones of them
        {
            UserProcess second = one == world ? child : set[1];
            second.Memory.Mmu.Write(World.At(7), (byte)0xEE);
            second.Memory.Mmu.Write(World.At(350), (byte)0xED);
            if (one == other) one.First.Dispose();    // it has no part in the image
            using EngineSnapshot snapshot = one.Engine.TakeSnapshot();
            EngineImage delta = EngineImage.DeltaOf(snapshot, parent);
            Assert.Equal((2u, 2), (delta.OwnPages.Value, delta.ProcessCount));
            EngineImage opened = EngineImage.Open(Save(delta.Save, "delta"), parent);
            Assert.Equal(delta.Hash, opened.Hash);
            using World third = new(8);
            IReadOnlyList<UserProcess> made = third.Engine.CloneProcesses(opened);
            Assert.Equal((0xED, 0xED, 7, 0xEE), (made[0].Memory.Mmu.Read<byte>(World.At(350)),
                made[1].Memory.Mmu.Read<byte>(World.At(350)), made[0].Memory.Mmu.Read<byte>(World.At(7)),
                made[1].Memory.Mmu.Read<byte>(World.At(7))));
            third.Verify();
            EngineImage whole = EngineImage.Open(Save(opened.SaveWhole, "whole"));
            Assert.Equal(opened.Pages, third.Engine.CloneProcesses(whole).Count == 2 ? whole.OwnPages : default);
        }

        string text = Assert.Throws<InvalidDataException>(
            () => ProcessImage.Open(Path.Combine(_folder, "delta"), ProcessImage.Open(SaveBase()))).Message;
        Assert.Equal("This is the image of an engine: EngineImage.Open opens it.", text);
    }

    [Fact]
    public void FilesWithTheWrongParentAreRefusedInOneLine()
    {
        string path = SaveBase();
        ProcessImage parent = ProcessImage.Open(path);
        string delta = SaveDelta(parent);
        Assert.Equal($"The saved image is a delta against the image {parent.Hash[..16]}: open it with that one as its parent.",
            Assert.Throws<InvalidDataException>(() => ProcessImage.Open(delta)).Message);
        Assert.Equal("The saved image is not a delta: open it without a parent.",
            Assert.Throws<InvalidDataException>(() => ProcessImage.Open(path, parent)).Message);
        Assert.Throws<FileNotFoundException>(() => ProcessImage.Open(delta + ".none", parent));
        Assert.Throws<ArgumentNullException>(() => ProcessImage.Open(delta, null!));
    }

    /// <summary>Each byte of a delta before its pages is changed, and it is cut and made longer.</summary>
    [Fact]
    public void DamagedDeltasAreRefusedInOneLine() => Property.ForSeeds(1, seed =>
    {
        ProcessImage parent = ProcessImage.Open(SaveBase());
        string path = SaveDelta(parent);
        byte[] good = File.ReadAllBytes(path);
        Random random = new((int)seed);
        for (int trial = 0; trial < 600; trial++)
        {
            byte[] bad = [.. good];
            if (trial % 3 == 0) Array.Resize(ref bad, random.Next(good.Length));
            else if (trial % 3 == 1) Array.Resize(ref bad, good.Length + random.Next(1, 9000));
            else bad[random.Next(4096)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, bad);
            Assert.DoesNotContain('\n', Assert.Throws<InvalidDataException>(() => ProcessImage.Open(path, parent)).Message);
        }
    });

    /// <summary>A stream that fails at any of its calls: the error reaches the caller, and the next save is whole.</summary>
    [Fact]
    public void AStreamThatFailsLeavesTheImageAsItWas()
    {
        ProcessImage parent = ProcessImage.Open(SaveBase());
        using World world = new(Small());
        using UserProcess clone = world.Engine.CloneProcess(parent);
        clone.Memory.Mmu.Write(World.At(5), 9);
        using Snapshot snapshot = clone.TakeSnapshot();
        ProcessImage delta = ProcessImage.DeltaOf(snapshot, parent);
        foreach (Action<Stream> save in (Action<Stream>[])[delta.Save, delta.SaveWhole])
        {
            using MemoryStream whole = new(), later = new();
            save(whole);
            for (long room = 0; room < whole.Length; room += Math.Max(4096, whole.Length / 3))
            {
                using FullStream full = new(room);
                Assert.Throws<IOException>(() => save(full));
            }

            save(later);
            Assert.True(whole.GetBuffer().AsSpan(0, (int)whole.Length).SequenceEqual(later.GetBuffer().AsSpan(0, (int)later.Length)));
        }
    }

    /// <summary>A clone's page of zeros hides the page of the file that it maps, and is saved.</summary>
    [Fact]
    public void APageOfZerosHidesTheFileAgain()
    {
        using World world = new();
        using GuestFile file = world.CreateFile("f", 4, first: 0x30);
        world.MapFile(world.Open(file), 0, 4);
        for (int offset = 0; offset < 4096; offset += 4) world.Mmu.Write(World.At(1, offset), 0);
        using Snapshot start = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(start);
        using UserProcess clone = world.Engine.CloneProcess(image, _ => file);
        using Snapshot of = clone.TakeSnapshot();
        MemoryStream stream = new();
        of.Save(stream);
        stream.Position = 0;
        using UserProcess loaded = world.Engine.SavedProcesses.Load(stream, _ => file);
        foreach (ProcessImage again in new[] { ProcessImage.Of(of), ProcessImage.DeltaOf(of, image), ProcessImage.DeltaOf(start, image) })
        {
            using UserProcess second = world.Engine.CloneProcess(again, _ => file);
            AssertSame(world.First, second);
        }

        AssertSame(world.First, loaded);
        world.Verify();
    }

    private static EngineOptions Small(TableFormat tables = TableFormat.Classic) =>
        World.Options(2) with { Tables = tables, Overcommit = OvercommitMode.Always };

    private static void Fill(World world)
    {
        world.Map(0, Pages);
        for (int page = 0; page < Pages; page++)
        {
            world.Touch(page, (byte)((page % 250) + 1));
            world.Mmu.Write(World.At(page, 8), page);
        }
    }

    private string SaveBase()
    {
        using World world = new(World.Options(16));
        Fill(world);
        using Snapshot snapshot = world.First.TakeSnapshot();
        return Save(ProcessImage.Of(snapshot).Save, "base");
    }

    private string SaveDelta(ProcessImage parent)
    {
        using World world = new(Small());
        using UserProcess clone = world.Engine.CloneProcess(parent);
        clone.Memory.Mmu.Write(World.At(5), 9);
        using Snapshot snapshot = clone.TakeSnapshot();
        return Save(ProcessImage.DeltaOf(snapshot, parent).Save, "delta");
    }

    private string Save(Action<Stream> save, string name)
    {
        string path = Path.Combine(_folder, name), beside = path + ".part";
        using (FileStream file = File.Create(beside)) save(file);
        File.Move(beside, path, overwrite: true);    // images that are open keep the old file
        return path;
    }

    private static string ProcessHashOf(string path) => Convert.ToHexStringLower(File.ReadAllBytes(path)[48..56]);

    private static void AssertSame(UserProcess expected, UserProcess found)
    {
        Assert.Equal(World.AreasOf(expected), World.AreasOf(found));
        byte[] there = new byte[4096], here = new byte[4096];
        foreach (AreaSnapshot area in expected.Memory.Areas.Snapshot())
        {
            for (PageNumber page = area.Range.First; page < area.Range.End; page += PageCount.One)
            {
                Assert.Equal(expected.Memory.Mmu.CopyOut(page.Address, there, out _), found.Memory.Mmu.CopyOut(page.Address, here, out _));
                if (!there.AsSpan().SequenceEqual(here)) Assert.Fail($"page {page.Value:x5} differs");
            }
        }
    }

    /// <summary>A disk with room for some bytes.</summary>
    private sealed class FullStream(long room) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > room) throw new IOException("No space left on device.");
            base.Write(buffer);
        }
    }
}
