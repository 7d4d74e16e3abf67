using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Further clones of an image in one engine: each takes a copy of a page table of the image when it first needs it.</summary>
public sealed class ImageTablesTests : IDisposable
{
    private const int Tables = 3, PagesOfTable = 1024;

    private readonly World _world = new();
    private readonly ProcessImage _image;

    public ImageTablesTests()
    {
        _image = ImageOf(16);
        _world.Engine.CloneProcess(_image).Dispose();    // the first one loads it
    }

    private static int TableIndex => World.Base.Page.DirectoryIndex;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AFurtherCloneTakesFramesForItsTablesAndFillsNone()
    {
        uint free = _world.Machine.Allocator.FreeFrames.Value;
        using UserProcess clone = _world.Engine.CloneProcess(_image);
        Assert.Equal(free - Tables - 1, _world.Machine.Allocator.FreeFrames.Value);    // and the directory
        Assert.Equal(["lent", "lent", "lent"], States(clone));
        Assert.Equal(1u + PagesOfTable, clone.Memory.Mmu.Read<uint>(World.At(PagesOfTable)));
        Assert.Equal(["lent", "there", "lent"], States(clone));
        clone.Memory.Mmu.Write(World.At(0), 5u);
        Assert.Equal(["there", "there", "lent"], States(clone));
        Assert.Equal(free - Tables - 2, _world.Machine.Allocator.FreeFrames.Value);    // one page was written
    }

    /// <summary>Such an image has no bytes, and so no frames beyond the end of RAM: its pages are the zero page's.</summary>
    [Fact]
    public void ClonesOfAnImageOfZerosShareNothingThatIsWritten()
    {
        using World world = new();
        world.Map(0, 2);
        world.Mmu.Write(World.At(1), 0u);    // a private page, but all of it zeros
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        UserProcess[] clones = [.. Enumerable.Range(0, 3).Select(_ => world.Engine.CloneProcess(image))];
        for (uint i = 0; i < 3; i++) clones[i].Memory.Mmu.Write(World.At(1), i + 1);
        Assert.Equal([1u, 2u, 3u], clones.Select(static clone => clone.Memory.Mmu.Read<uint>(World.At(1))));
        world.Verify();
    }

    [Fact]
    public void ACloneThatEndsUnreadLeavesNothing()
    {
        for (int i = 0; i < 3; i++) _world.Engine.CloneProcess(_image).Dispose();
        UserProcess clone = _world.Engine.CloneProcess(_image);
        World.Succeeds(clone.Memory.Unmap(World.At(0), World.Bytes(Tables * PagesOfTable)));
        clone.Dispose();
        _world.AssertNothingIsLeft();
    }

    [Fact]
    public void ClonesLiveOnWithoutTheImageAndItsEngine()
    {
        using World world = new();
        UserProcess[] clones = ClonesOf(world);
        for (int i = 0; i < 3; i++) GC.Collect();
        Assert.All(clones, static clone => Assert.Equal(1u, clone.Memory.Mmu.Read<uint>(World.At(0))));
        world.Verify();

        static UserProcess[] ClonesOf(World world)
        {
            ProcessImage image = ImageOf(16);
            return [world.Engine.CloneProcess(image), world.Engine.CloneProcess(image), world.Engine.CloneProcess(image)];
        }
    }

    /// <summary>What an engine keeps for further clones goes with the image, and its clones stay.</summary>
    [Fact]
    public void AnEngineKeepsNoEntryOfAnImageThatIsGone()
    {
        (WeakReference image, UserProcess clone) = CloneOfNoOther();
        for (int i = 0; i < 3 && image.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(image.IsAlive);
        for (int page = 0; page < 1000; page += 250) Assert.Equal((byte)(page % 251), clone.Memory.Mmu.Read<byte>(World.At(page)));
        _world.Verify();
        clone.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (WeakReference Image, UserProcess Clone) CloneOfNoOther()
    {
        using World source = new(8);
        source.Map(0, 1000);
        for (int page = 0; page < 1000; page++) source.Touch(page, (byte)(page % 251));
        using Snapshot snapshot = source.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        _world.Engine.CloneProcess(image).Dispose();
        return (new(image.Content), _world.Engine.CloneProcess(image));
    }

    [Fact]
    public void WhoeverWalksByThePageDirectoryFindsEveryPage()
    {
        UserProcess clone = _world.Engine.CloneProcess(_image);
        FrameNumber directory = clone.Memory.PrepareWalk();
        for (int table = 0; table < Tables; table++)
        {
            PageTableEntry entry = UserWalk.TranslateIn(_world.Engine.Ram, directory, World.At(table * PagesOfTable).Page, isWrite: false,
                TableFormat.Classic);
            Assert.True(entry.IsPresent);
        }

        _world.Verify();
    }

    [Fact]
    public void AFaultOfAProcessorThatWalksTheTablesCopiesTheTable()
    {
        UserProcess clone = _world.Engine.CloneProcess(_image);
        Assert.Equal(MemoryFault.None, clone.Memory.Mmu.ResolveFault(World.At(1), PageFaultErrorCode.User));
        Assert.Equal(["there", "lent", "lent"], States(clone));
        Assert.Equal(0, clone.Memory.Faults.Minor);
    }

    [Fact]
    public void SnapshotsAndForksOfACloneHaveAllPages()
    {
        UserProcess clone = _world.Engine.CloneProcess(_image);
        using Snapshot snapshot = clone.TakeSnapshot();
        clone.Memory.Mmu.Write(World.At(9), 77u);
        using UserProcess child = clone.Fork();
        child.Memory.Mmu.Write(World.At(PagesOfTable), 78u);
        World.Succeeds(snapshot.Restore());
        Assert.Equal(10u, clone.Memory.Mmu.Read<uint>(World.At(9)));
        Assert.Equal(77u, child.Memory.Mmu.Read<uint>(World.At(9)));
        Assert.Equal(1u + PagesOfTable, clone.Memory.Mmu.Read<uint>(World.At(PagesOfTable)));
        _world.Verify();
    }

    /// <summary>Each allocation of a further clone is refused once: an exception, and nothing is left.</summary>
    [Fact]
    public void EveryRefusedAllocationLeavesNothing()
    {
        int number = 0;
        for (bool wasRefused = true; wasRefused;)
        {
            _world.Machine.Injection.FailAtAllocation = ++number;
            UserProcess? clone = null;
            try
            {
                clone = _world.Engine.CloneProcess(_image);
            }
            catch (InvalidOperationException) { }

            wasRefused = _world.Machine.Injection.FailAtAllocation == 0;
            _world.Machine.Injection.FailAtAllocation = 0;
            Assert.True(wasRefused || clone is not null);
            clone?.Dispose();
            _world.Verify();
        }

        Assert.True(number > Tables, "A clone needs a directory, tables and areas.");
        _world.AssertNothingIsLeft();
    }

    [Fact]
    public void AnEntryOfADirectoryThatAHostHasWrittenIsNotFollowed()
    {
        UserProcess clone = _world.Engine.CloneProcess(_image), other = _world.Engine.CloneProcess(_image);
        Span<uint> words = _world.Engine.Ram.Words(clone.Memory.Space.Tables.Directory);
        words[TableIndex] = 0;
        words[TableIndex + 1] = 0xFFFF_F006;    // beyond RAM
        words[TableIndex + 2] = clone.Memory.Space.Tables.Directory.Value << 12 | 6;    // a frame that is no table of it
        for (int table = 0; table < Tables; table++)
        {
            clone.Memory.Mmu.TryRead(World.At(table * PagesOfTable), out uint _);
            Assert.Equal(1u + (uint)(table * PagesOfTable), other.Memory.Mmu.Read<uint>(World.At(table * PagesOfTable)));
        }

        clone.Dispose();
        Assert.Equal(1u, other.Memory.Mmu.Read<uint>(World.At(0)));
    }

    [Fact]
    public void AnAuditFindsADirectoryEntryThatLeadsElsewhere()
    {
        UserProcess clone = _world.Engine.CloneProcess(_image);
        ref uint word = ref _world.Engine.Ram.Words(clone.Memory.Space.Tables.Directory)[TableIndex + 1];
        uint before = word;
        word |= 1;    // its table's content is undefined
        AuditReport report = _world.Engine.Audit();
        Assert.True(report.Names("P8"));
        word = before;
    }

    /// <summary>Clones of one engine that read, write, fork and end in any order, beside the words that each should have.</summary>
    [Fact]
    public void ClonesDoNotDisturbEachOther() => Property.ForScripts(60, 120, script =>
    {
        using World world = new(World.Options(8));
        ProcessImage image = ImageOf(40);
        uint[] start = [.. Enumerable.Range(0, Tables * PagesOfTable).Select(page => page % PagesOfTable < 40 ? (uint)page + 1 : 0)];
        List<(UserProcess Process, uint[] Words)> all = [];
        foreach (uint word in script)
        {
            int which = (int)(word >> 4), page = (int)(((word >> 8) % Tables * PagesOfTable) + ((word >> 12) % 44));
            if (all.Count == 0 || (word % 16 < 2 && all.Count < 6)) all.Add((world.Engine.CloneProcess(image), [.. start]));
            (UserProcess process, uint[] words) = all[which % all.Count];
            switch (word % 16)
            {
                case 2:
                    process.Dispose();
                    all.RemoveAt(which % all.Count);
                    break;
                case 3 when all.Count < 6:
                    all.Add((process.Fork(), [.. words]));
                    break;
                case 4:
                    int count = Math.Min(50, words.Length - page);
                    World.Succeeds(process.Memory.Advise(World.At(page), World.Bytes(count), MemoryAdvice.DontNeed));
                    words.AsSpan(page, count).Clear();
                    break;
                case 5:
                    world.Verify();
                    break;
                case < 11:
                    process.Memory.Mmu.Write(World.At(page), word);
                    words[page] = word;
                    break;
                default:
                    Assert.Equal(words[page], process.Memory.Mmu.Read<uint>(World.At(page)));
                    break;
            }
        }

        world.Verify();
        foreach ((UserProcess process, uint[] words) in all)
        {
            for (int page = 0; page < words.Length; page += page % PagesOfTable < 44 ? 1 : PagesOfTable - 44)
                Assert.Equal(words[page], process.Memory.Mmu.Read<uint>(World.At(page)));
        }

        world.AssertNothingIsLeft();
    });

    /// <summary>An image of three tables, each with some pages at its start; the word of page n is n + 1.</summary>
    private static ProcessImage ImageOf(int pagesEach)
    {
        using World origin = new();
        origin.Map(0, Tables * PagesOfTable);
        for (int table = 0; table < Tables; table++)
            for (int i = 0; i < pagesEach; i++)
                origin.Mmu.Write(World.At((table * PagesOfTable) + i), (uint)((table * PagesOfTable) + i + 1));
        using Snapshot snapshot = origin.First.TakeSnapshot();
        return ProcessImage.Of(snapshot);
    }

    private static string[] States(UserProcess process)
    {
        PageTables found = process.Memory.Space.Tables;
        return [.. Enumerable.Range(TableIndex, Tables).Select(index => found.UpperAt(index))
            .Select(static upper => upper.IsPresent ? "there" : upper.Word != 0 ? "lent" : "none")];
    }
}
