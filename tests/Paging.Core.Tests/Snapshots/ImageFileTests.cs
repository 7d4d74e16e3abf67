using System.Buffers.Binary;
using System.IO.Compression;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Images as files, whose pages are mapped: of a process and of an engine, damaged, foreign and old ones.</summary>
public sealed class ImageFileTests : IDisposable
{
    // Nine pages with content, of which the last is shared, and one of zeros. Written when the form was new.
    private const string Version1 =
        "G/+foB4JdkziL4g2dBLB88dq3t9KwPQF3aWoK5DWSE6O1jM6wsMDyRyMvu4WUVRfELYDmthARzSe4IAy6cIEu8sk0kADDMADfGAM5IYLtxPFofzq6nA0Wdq5"
        + "RQD2A9AESoDxp0857d3GMgcp8zvgPVuMG8BFpZzh8q9csBfgP6GCMr8kIIzKYT0Qkdm99Xf3zvvndncCSQknTUigKgl8AwKBr7cPEBjQAgCSIjazWkVJpB8b"
        + "BgAXANC7PQruAUAB4B4ABMA9AEgA9wAgA3APALIA9wAgB3APAPJ4ugcA7//APQAoAg==";

    // The same in version 2, with two shared pages, and a delta against it: a private page and a shared one were written.
    private const string Version2 =
        "G/+voJ4HtmuLVkQcz+bDvXjg/9h73/uVx/8q7IP+UaVGWhW3jStwopvArMQzT7HVi6aszsghbAc0sYGOaDzBgCIN4gS7yymLU0kowQAfGCOw29+2"
        + "vIiCoKsTff2DY3V1RiNgIwCqQB6w+py7g9feGV9NxY7cnL1caECJpZrjm+mxFCLfZwY8JbPhFHBYWI5o+VcO2UPwn6CAAj8nIOoVhrWAEBJAK5BD"
        + "feVB/fmeiyDKYbcKERRFEd/7bMf5W26IaNAKAERZLCS1ZkVh+rFcAHAIAO8PDyS4BwAZwD0AyALuAUAA3AOACLgHAAnAPQBIAu4BQApwDwDSPN0L"
        + "gO//AQ==";

    private const string DeltaOfVersion2 =
        "G/8voC4OzDPzzkopoon72Vg88D/uve/9P+l0xTW3OYlViIDaslCa00pYU+lMgJH1wlbvqdXgZel5Rv70gBILNKI4wYAiDeIE23K6XfhKn580QDzU"
        + "Db/uM4zIwCB6mppbu/wSdUbAdADkAxHQXf7akYKpneGN2dqagvgLb715LR2o/irMjoujTmoMwnPv91mf+rtSgN2zAu6S6eEQsJvVdgD/yC66C/4V"
        + "spCFzyAQVVlpLyCEBFACZKBsYnK57H3PjiDKwEI+RJAtivgGBAQcv2WEiEZKAIAoHSNJJemiUF5oFwDevRwQAAEACQTE8UeyACCJgFQM7gFANQ3u"
        + "AUAVAQ==";

    // Version 3: four pages, of which two have marked bytes, and a shadow that refuses nothing.
    private const string Version3 =
        "G/9PoC4KbFuSfWnktsHmIo0QPt5mEVCHtldCtVhIQ62CBDj58VKBnqvRm5RmP0kABNrcmM7vkpZccy1DuQvNDQ5osUEnniigSYd58Z0GsVESwxE3Ns6z2a"
        + "S1Ho4my566SIB6ANSADHjr/B8Kf/jtz+P7xe0DQLUycnP47nzbLQtI/LMBj7lwDzgvrhMjJ+WcPQcnQBGZQ/bJwAAgAzIggCjjWIMIzvpDlLHPBgBw9fpV"
        + "BFFAFAEAfFQh7gFAgLgHABHiHgAkiHsAkAE=";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"paging-{Path.GetRandomFileName()}");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void ClonesOfAnOpenedImageShareItsPages()
    {
        using World world = new();
        Save(world);
        ProcessImage image = ProcessImage.Open(_path), again = ProcessImage.Open(_path);
        Assert.Equal(9u, image.Pages.Value);
        File.Delete(_path);    // the mappings stay
        foreach (ProcessImage one in new[] { image, image, again })
        {
            using PagingEngine engine = new(World.Options(1));
            using UserProcess clone = engine.CloneProcess(one), second = engine.CloneProcess(one);
            Assert.Equal("first", clone.Name);
            for (int page = 0; page < 8; page++) Assert.Equal(page + 1, clone.Memory.Mmu.Read<byte>(World.At(page)));
            Assert.Equal((0, 7), (clone.Memory.Mmu.Read<byte>(World.At(8)), clone.Memory.Mmu.Read<byte>(World.At(12))));    // shared
            using Snapshot start = clone.TakeSnapshot();
            for (int page = 0; page < 9; page++) clone.Memory.Mmu.Write(World.At(page), (byte)0xEE);
            Assert.Equal((1, 7), (second.Memory.Mmu.Read<byte>(World.At(0)), second.Memory.Mmu.Read<byte>(World.At(12))));
            World.Succeeds(start.Restore());
            Assert.Equal(1, clone.Memory.Mmu.Read<byte>(World.At(0)));
            Assert.True(engine.Audit().IsClean);
        }
    }

    [Fact]
    public void TheProcessesOfAnEngineShareTheirMemory()
    {
        using World world = new();
        world.Map(0, 2);
        world.MapShared(4, 2);
        world.Touch(0, 1);
        world.Touch(4, 2);
        using UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(World.At(0), (byte)9);
        using (EngineSnapshot snapshot = world.Engine.TakeSnapshot())
        using (FileStream file = File.Create(_path)) EngineImage.Of(snapshot).Save(file);
        EngineImage image = EngineImage.Open(_path);
        Assert.Equal(2, image.ProcessCount);
        using PagingEngine engine = new(World.Options(2));
        for (int set = 0; set < 2; set++)
        {
            IReadOnlyList<UserProcess> made = engine.CloneProcesses(image);
            Assert.Equal((1, 9), (made[0].Memory.Mmu.Read<byte>(World.At(0)), made[1].Memory.Mmu.Read<byte>(World.At(0))));
            made[0].Memory.Mmu.Write(World.At(4), (byte)7);
            Assert.Equal(7, made[1].Memory.Mmu.Read<byte>(World.At(4)));
        }

        Assert.True(engine.Audit().IsClean);
        string text = Assert.Throws<InvalidDataException>(() => ProcessImage.Open(_path)).Message;
        Assert.Equal("This is the image of an engine: EngineImage.Open opens it.", text);
    }

    [Fact]
    public void ForeignAndNewerFilesAreRefusedInOneLine()
    {
        using World world = new();
        byte[] good = Save(world);
        Assert.Equal("This is the image of a process: ProcessImage.Open opens it.",
            Assert.Throws<InvalidDataException>(() => EngineImage.Open(_path)).Message);
        Assert.Equal("This is not a saved image: it does not begin like one.", Refusal([]));
        Assert.Equal("This is not a saved image: it does not begin like one.", Refusal([0x7F, .. "ELF"u8, .. new byte[100]]));
        using (Snapshot snapshot = world.First.TakeSnapshot())
        using (MemoryStream saved = new())
        {
            snapshot.Save(saved);
            Assert.Equal("This is not a saved image: it does not begin like one.", Refusal(saved.ToArray()));
        }

        good[8] = 4;
        Assert.Equal("The saved image has version 4; this engine reads versions 1 to 3.", Refusal(good));
        Assert.Throws<FileNotFoundException>(() => ProcessImage.Open(_path + ".none"));
    }

    [Fact]
    public void DamagedFilesAreRefusedInOneLine() => Property.ForSeeds(1, seed =>
    {
        using World world = new();
        byte[] good = Save(world);
        Random random = new((int)seed);
        int start = good.Length - (9 * 4096);    // of the pages, which have no checksum
        for (int trial = 0; trial < 300; trial++)
        {
            byte[] bad = [.. good];
            if (trial % 3 == 0) Array.Resize(ref bad, random.Next(good.Length));
            else if (trial % 3 == 1) Array.Resize(ref bad, good.Length + random.Next(1, 9000));
            else bad[random.Next(start)] ^= (byte)(1 << random.Next(8));
            string? text = TryRefusal(bad);
            Assert.NotNull(text);
            Assert.DoesNotContain('\n', text);
        }
    });

    /// <summary>Marked bytes and the settings of a shadow are in the file: of one process, of a delta, and of each of an engine.</summary>
    [Fact]
    public void ClonesOfAnOpenedImageHaveItsMarks()
    {
        using World world = new();
        SaveMarked(world, isEnforced: true);
        ProcessImage image = ProcessImage.Open(_path);
        using (Snapshot now = world.First.TakeSnapshot()) Assert.Equal(image.Hash, ProcessImage.Of(now).Hash);
        World.Succeeds(world.Memory.OpenByteShadow().Mark(World.At(0), 4096, ByteState.Good));
        using (Snapshot now = world.First.TakeSnapshot()) Assert.NotEqual(image.Hash, ProcessImage.Of(now).Hash, StringComparer.Ordinal);
        using PagingEngine engine = new(World.Options(1));
        for (int i = 0; i < 2; i++)    // the first clone reads the file, the second one shows what is known
        {
            using UserProcess clone = engine.CloneProcess(image);
            AssertMarked(clone, isEnforced: true);
        }

        using UserProcess origin = engine.CloneProcess(ProcessImage.Open(_path));
        World.Succeeds(origin.Memory.OpenByteShadow().Mark(World.At(3), 7, ByteState.Uninitialized));
        using Snapshot changed = origin.TakeSnapshot();
        ProcessImage delta = ProcessImage.DeltaOf(changed, image);
        Rewrite(delta);
        ProcessImage opened = ProcessImage.Open(_path, image);
        Assert.Equal((0u, delta.Hash), (opened.OwnPages.Value, opened.Hash));
        Assert.NotEqual(image.Hash, opened.Hash, StringComparer.Ordinal);
        using UserProcess last = engine.CloneProcess(opened);
        AssertMarked(last, isEnforced: true);
        Assert.Equal((ByteState.Uninitialized, ByteState.Good),
            (last.Memory.OpenByteShadow()[World.At(3) + 6], last.Memory.OpenByteShadow()[World.At(3) + 7]));
        Assert.True(engine.Audit().IsClean);
    }

    [Fact]
    public void TheProcessesOfAnEngineHaveTheirOwnMarks()
    {
        using World world = new();
        SaveMarked(world, isEnforced: false);
        using UserProcess child = world.First.Fork(), third = world.First.Fork();
        World.Succeeds(child.Memory.OpenByteShadow().Mark(World.At(0), 4096, ByteState.Good));
        third.Memory.OpenByteShadow().Close();
        using (EngineSnapshot snapshot = world.Engine.TakeSnapshot())
        using (FileStream file = File.Create(_path)) EngineImage.Of(snapshot).Save(file);
        EngineImage image = EngineImage.Open(_path);
        using PagingEngine engine = new(World.Options(4));
        for (int set = 0; set < 2; set++)
        {
            IReadOnlyList<UserProcess> made = engine.CloneProcesses(image);
            AssertMarked(made[0], isEnforced: false);
            Assert.Equal(ByteState.Good, made[1].Memory.OpenByteShadow()[World.At(0) + 9]);
            Assert.Equal(ByteState.Unaddressable, made[1].Memory.OpenByteShadow()[World.At(2) + 100]);
            Assert.True(made[2].Memory.OpenByteShadow().IsEnforced);    // a new shadow
            Assert.Equal(ByteState.Good, made[2].Memory.OpenByteShadow()[World.At(2) + 100]);
        }

        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>The last page of 4 GiB has no page after it.</summary>
    [Fact]
    public void MarksOfTheLastPageAreSaved()
    {
        using PagingEngine engine = new(World.Options(2));
        VirtualAddress last = new(0xFFFF_F000);
        using UserProcess process = engine.CreateProcess("all", new ProcessOptions { HighestAddress = new(uint.MaxValue) });
        process.Memory.MapAnonymous(last, 4096);
        World.Succeeds(process.Memory.OpenByteShadow().Mark(last + 4095, 1, ByteState.Unaddressable));
        World.Succeeds(process.Memory.OpenByteShadow().Mark(last, 16, ByteState.Uninitialized));
        Assert.True(process.Memory.OpenByteShadow().TryFind(last + 16, 4080, alsoUninitialized: true, out VirtualAddress found));
        Assert.Equal(last + 4095, found);
        Assert.False(process.Memory.OpenByteShadow().TryFind(last + 16, 4079, alsoUninitialized: true, out _));
        using Snapshot snapshot = process.TakeSnapshot();
        using (FileStream file = File.Create(_path)) ProcessImage.Of(snapshot).Save(file);
        using MemoryStream saved = new();
        snapshot.Save(saved);
        saved.Position = 0;
        using UserProcess loaded = engine.SavedProcesses.Load(saved);
        using UserProcess clone = engine.CloneProcess(ProcessImage.Open(_path));
        foreach (UserProcess one in new[] { loaded, clone })
        {
            ByteShadow shadow = one.Memory.OpenByteShadow();
            Assert.Equal((ByteState.Uninitialized, ByteState.Good), (shadow[last + 15], shadow[last + 16]));
            Assert.Equal(ByteState.Unaddressable, shadow[last + 4095]);
        }

        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>Marks with a good checksum that are out of order, no marks, or of pages that are not mapped.</summary>
    [Fact]
    public void ForgedMarksAreRefusedInOneLine()
    {
        using World world = new();
        byte[] good = SaveMarked(world, isEnforced: true);
        int areas = BinaryPrimitives.ReadInt32LittleEndian(good.AsSpan(16)), marks = 128 + areas;
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(good.AsSpan(marks)));
        string[] texts =
        [
            Forge(good, marks, 1),    // the second page is left over
            Forge(good, marks, 3),
            Forge(good, marks + 4, 0x12345),    // not mapped
            Forge(good, marks + 4, World.At(2).Page.Value + 1),    // not before the second page
            Forge(good, marks + 4, 1 << 20),
            Forge(good, marks + 8, 9),    // no state
            Forge(good, 84, BinaryPrimitives.ReadUInt32LittleEndian(good.AsSpan(84)) - 1),
            Forge(good, 84, uint.MaxValue),
        ];
        Assert.All(texts, static text => Assert.Matches("^The saved (snapshot|image) is damaged: [^\n]+\\.$", text));
        Assert.Contains("page 12345 has marks and is not mapped", texts[2], StringComparison.Ordinal);
        using PagingEngine engine = new(World.Options(1));    // nothing of a refused clone is left
        File.WriteAllBytes(_path, good);
        ProcessImage image = ProcessImage.Open(_path);
        using UserProcess clone = engine.CloneProcess(image);
        AssertMarked(clone, isEnforced: true);
    }

    private string Forge(byte[] good, int at, uint value)
    {
        byte[] forged = [.. good];
        BinaryPrimitives.WriteUInt32LittleEndian(forged.AsSpan(at), value);
        int pages = BinaryPrimitives.ReadInt32LittleEndian(forged.AsSpan(24));
        BinaryPrimitives.WriteUInt32LittleEndian(forged.AsSpan(40), ~SavedStream.Append(uint.MaxValue, forged.AsSpan(128, pages - 128)));
        BinaryPrimitives.WriteUInt32LittleEndian(forged.AsSpan(124), ~SavedStream.Append(uint.MaxValue, forged.AsSpan(0, 124)));
        return Refusal(forged);
    }

    private byte[] SaveMarked(World world, bool isEnforced)
    {
        world.Map(0, 4);
        for (int page = 0; page < 4; page++) world.Touch(page, (byte)(page + 1));
        ByteShadow shadow = world.Memory.OpenByteShadow();
        World.Succeeds(shadow.Mark(World.At(0), 4096, ByteState.Uninitialized));
        World.Succeeds(shadow.Mark(World.At(2) + 100, 8, ByteState.Unaddressable));
        (shadow.IsEnforced, shadow.RefusesUninitialized) = (isEnforced, false);
        using (Snapshot snapshot = world.First.TakeSnapshot())
        using (FileStream file = File.Create(_path)) ProcessImage.Of(snapshot).Save(file);
        return File.ReadAllBytes(_path);
    }

    private static void AssertMarked(UserProcess clone, bool isEnforced)
    {
        ByteShadow shadow = clone.Memory.OpenByteShadow();
        Assert.Equal((isEnforced, false), (shadow.IsEnforced, shadow.RefusesUninitialized));
        Assert.Equal((ByteState.Uninitialized, ByteState.Uninitialized), (shadow[World.At(0)], shadow[World.At(0) + 4095]));
        Assert.Equal((ByteState.Good, ByteState.Unaddressable, ByteState.Unaddressable, ByteState.Good),
            (shadow[World.At(2) + 99], shadow[World.At(2) + 100], shadow[World.At(2) + 107], shadow[World.At(2) + 108]));
        Assert.Equal(ByteState.Good, shadow[World.At(1) + 5]);
        Assert.Equal(!isEnforced, clone.Memory.Mmu.TryRead(World.At(2) + 104, out byte _, out _));
        Assert.Equal(3, clone.Memory.Mmu.Read<byte>(World.At(2)));
    }

    /// <summary>An image without a page, and one whose pages are all zeros, have nothing to map.</summary>
    [Fact]
    public void AnImageWithoutPagesIsOpened()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(0, 0);
        using (Snapshot snapshot = world.First.TakeSnapshot())
        using (FileStream file = File.Create(_path)) ProcessImage.Of(snapshot).Save(file);
        using PagingEngine engine = new(World.Options(1));
        using UserProcess clone = engine.CloneProcess(ProcessImage.Open(_path));
        Assert.Equal((0, 0), (clone.Memory.Mmu.Read<byte>(World.At(0)), clone.Memory.Mmu.Read<byte>(World.At(1))));
        clone.Memory.Mmu.Write(World.At(0), 5);
        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>An image that an older engine has written is opened. Each version of the file has a recording.</summary>
    [Fact]
    public void AnImageOfVersion1IsOpened()
    {
        Unpack(Version1, _path);
        using PagingEngine engine = new(World.Options(1));
        using UserProcess clone = engine.CloneProcess(ProcessImage.Open(_path));
        Assert.Equal("first", clone.Name);
        for (int page = 0; page < 8; page++) Assert.Equal(page + 1, clone.Memory.Mmu.Read<byte>(World.At(page)));
        Assert.Equal((0, 7), (clone.Memory.Mmu.Read<byte>(World.At(8)), clone.Memory.Mmu.Read<byte>(World.At(12))));
        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>So is a delta, against its recorded parent.</summary>
    [Fact]
    public void AnImageAndADeltaOfVersion2AreOpened()
    {
        string beside = _path + "-delta";
        Unpack(Version2, _path);
        Unpack(DeltaOfVersion2, beside);
        ProcessImage parent = ProcessImage.Open(_path), delta = ProcessImage.Open(beside, parent);
        File.Delete(beside);
        Assert.Equal((10u, 10u, 10u, 2u), (parent.Pages.Value, parent.OwnPages.Value, delta.Pages.Value, delta.OwnPages.Value));
        using PagingEngine engine = new(World.Options(1));
        using UserProcess before = engine.CloneProcess(parent), after = engine.CloneProcess(delta);
        for (int page = 0; page < 9; page++)
        {
            Assert.Equal((page + 1) % 9, before.Memory.Mmu.Read<byte>(World.At(page)));
            Assert.Equal(page == 3 ? 0x33 : (page + 1) % 9, after.Memory.Mmu.Read<byte>(World.At(page)));
        }

        Assert.Equal((7, 8), (before.Memory.Mmu.Read<byte>(World.At(12)), before.Memory.Mmu.Read<byte>(World.At(13))));
        Assert.Equal((7, 0x34), (after.Memory.Mmu.Read<byte>(World.At(12)), after.Memory.Mmu.Read<byte>(World.At(13))));
        Assert.True(engine.Audit().IsClean);
        Assert.Equal(parent.Hash, ProcessImage.Open(Rewrite(parent)).Hash);
    }

    /// <summary>So are marked bytes.</summary>
    [Fact]
    public void AnImageOfVersion3IsOpened()
    {
        Unpack(Version3, _path);
        using PagingEngine engine = new(World.Options(1));
        using UserProcess clone = engine.CloneProcess(ProcessImage.Open(_path));
        AssertMarked(clone, isEnforced: false);
        for (int page = 0; page < 4; page++) Assert.Equal(page + 1, clone.Memory.Mmu.Read<byte>(World.At(page)));
        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>An image of version 1 has no hash in its file, and can be the parent of a delta.</summary>
    [Fact]
    public void AnImageOfVersion1IsAParent()
    {
        Unpack(Version1, _path);
        ProcessImage old = ProcessImage.Open(_path), again = ProcessImage.Open(_path);
        using World world = new(World.Options(2));
        using UserProcess clone = world.Engine.CloneProcess(old);
        clone.Memory.Mmu.Write(World.At(2), (byte)0x55);
        using Snapshot snapshot = clone.TakeSnapshot();
        ProcessImage delta = ProcessImage.DeltaOf(snapshot, old);
        Assert.Equal(1u, delta.OwnPages.Value);
        Rewrite(delta);
        ProcessImage opened = ProcessImage.Open(_path, again);
        using UserProcess made = world.Engine.CloneProcess(opened);
        Assert.Equal((0x55, 4), (made.Memory.Mmu.Read<byte>(World.At(2)), made.Memory.Mmu.Read<byte>(World.At(3))));
        Assert.Equal(old.Hash, ProcessImage.Open(Rewrite(old)).Hash);
        Assert.Equal("The saved image is not a delta: open it without a parent.",
            Assert.Throws<InvalidDataException>(() => ProcessImage.Open(_path, again)).Message);
        Unpack(Version1, _path);
        Assert.Throws<InvalidDataException>(() => ProcessImage.Open(_path, again));
    }

    private static void Unpack(string recording, string path)
    {
        using BrotliStream packed = new(new MemoryStream(Convert.FromBase64String(recording)), CompressionMode.Decompress);
        File.Delete(path);    // an open image keeps the old file
        using FileStream file = File.Create(path);
        packed.CopyTo(file);
    }

    private string Rewrite(ProcessImage image)
    {
        File.Delete(_path);
        using (FileStream file = File.Create(_path)) image.Save(file);
        return _path;
    }

    private byte[] Save(World world)
    {
        world.Map(0, 9);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
        world.Touch(8, 0);
        world.MapShared(12, 1);
        world.Touch(12, 7);
        using (Snapshot snapshot = world.First.TakeSnapshot())
        using (FileStream file = File.Create(_path)) ProcessImage.Of(snapshot).Save(file);
        return File.ReadAllBytes(_path);
    }

    private string Refusal(byte[] bytes) => TryRefusal(bytes) ?? throw new InvalidOperationException("the file was opened");

    private string? TryRefusal(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        try
        {
            ProcessImage image = ProcessImage.Open(_path);
            using PagingEngine engine = new(World.Options(1));
            using UserProcess clone = engine.CloneProcess(image);
            return null;
        }
        catch (InvalidDataException refused)
        {
            return refused.Message;
        }
    }
}
