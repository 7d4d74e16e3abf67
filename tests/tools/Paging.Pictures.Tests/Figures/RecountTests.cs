using System.Globalization;
using System.Text.RegularExpressions;
using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;

namespace Paging.Pictures.Tests;

/// <summary>Pictures of an engine agree with a recount of the engine.</summary>
public sealed class RecountTests : IDisposable
{
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20, Seed = 3 });
    private readonly UserProcess _process;
    private readonly GuestFile _file;
    private readonly SwapDevice _swap;

    /// <summary>A world with some of everything: areas of all kinds, holes, pages in swap, dirty pages.</summary>
    public RecountTests()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? swap));
        _swap = swap!;
        _process = _engine.CreateProcess("world");
        _file = _engine.Files.CreateFile("data", new Paging.Core.Files.MemoryBacking(new byte[40 << 12], 40 << 12));
        Assert.Equal(Errno.None, _file.Open(_process, FileRights.ReadWrite, out int descriptor));
        uint random = 12345;
        for (int i = 0; i < 14; i++)
        {
            random = (random * 1664525) + 1013904223;
            VirtualAddress wanted = new(0x1000_0000 + ((uint)i * 0x0A00_0000) + (random >> 20 << 12));
            MapFlags flags = (i % 3 == 0 ? MapFlags.Shared : MapFlags.Private | MapFlags.Anonymous) | MapFlags.Fixed | MapFlags.NoReserve;
            uint pages = 1 + (random >> 28 << (i % 4 * 4));
            Assert.Equal(Errno.None, _process.Memory.Map(wanted, Math.Min(pages, i % 3 == 0 ? 40u : 60_000u) << 12,
                MemoryProtection.ReadWrite,
                flags, descriptor, 0, out VirtualAddress at));
            for (uint page = 0; page < Math.Min(pages, 1 + (random >> 30)); page++) _process.Memory.Mmu.Write(at + (page << 12), page + 1);
            if (i == 4) Assert.Equal(Errno.None, _process.Memory.Advise(at, 0x1000, MemoryAdvice.PageOut));
        }
    }

    public void Dispose()
    {
        Assert.True(_engine.Audit().IsClean);
        _engine.Dispose();
    }

    private MachineView Machine => MachineView.Take(_engine, [_file]);

    [Fact]
    public void EveryAreaIsDrawnOnceAndToScale()
    {
        SvgReader svg = new(AddressSpaceFigure.Draw(Machine.Spaces[0]));
        double height = double.Parse(svg.Boxes("scale").Single().Value, CultureInfo.InvariantCulture);
        IReadOnlyList<SvgBox> areas = svg.Boxes("area"), rows = svg.Boxes("row");
        IReadOnlyList<AreaSnapshot> recount = _process.Memory.Areas.Snapshot();
        Assert.Equal(recount.Select(static area => $"{area.Range.First.Value << 12:x8}–{area.Range.End.Value << 12:x8}").Reverse(),
            areas.Select(static area => area.Value), StringComparer.Ordinal);
        Assert.Equal(areas.Select(static area => area.Value), rows.Select(static row => row.Value), StringComparer.Ordinal);
        foreach ((AreaSnapshot area, SvgBox box) in recount.Reverse().Zip(areas))
        {
            Assert.Equal(height * area.Range.Count.Value / (1 << 20), box.Height, tolerance: 0.0001);
            Assert.Equal(height * ((1 << 20) - area.Range.End.Value) / (1 << 20), box.Y, tolerance: 0.0001);
        }
    }

    /// <summary>A tick leaves the middle of each area, and the line to a label goes on from the end of a tick.</summary>
    [Fact]
    public void ALineLeadsFromTheMiddleOfItsAreaToItsLabel()
    {
        SvgReader svg = new(SpacesFigure.Draw([(Machine.Spaces[0], "world")]));
        IReadOnlyList<SvgBox> areas = svg.Boxes("area");
        double[][] ticks = LinesOf("tick"), leads = LinesOf("ld");
        Assert.Equal(areas.Count, ticks.Length);
        foreach ((SvgBox area, double[] tick) in areas.Zip(ticks))
        {
            Assert.Equal((area.X + area.Width, tick[1]), (tick[0], tick[3]));
            Assert.Equal(area.Y + (area.Height / 2), tick[1], tolerance: 0.001);
        }

        Assert.NotEmpty(leads);
        foreach (double[] lead in leads) Assert.Single(ticks, tick => tick[2] == lead[0] && tick[3] == lead[1]);

        double[][] LinesOf(string name) =>
        [
            .. svg.Elements.Where(element => string.Equals(element.Attribute("class")?.Value, name, StringComparison.Ordinal))
                .Select(static element => element.Attribute("d")!.Value.Split(['M', 'L', ' '], StringSplitOptions.RemoveEmptyEntries)
                    .Select(static number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()),
        ];
    }

    /// <summary>What is counted of RAM is what the frames of the same view are.</summary>
    [Fact]
    public void TheCountersOfRamAreThoseOfItsFrames()
    {
        MachineView machine = Machine;
        Dictionary<string, FrameState> states = new(StringComparer.Ordinal)
        {
            ["free frames"] = FrameState.Free,
            ["frames of page tables"] = FrameState.PageTable,
        };
        CounterView[] counters = [.. machine.Counters.Where(static one => string.Equals(one.Group, "RAM", StringComparison.Ordinal))];
        Assert.Equal(states.Keys.Order(StringComparer.Ordinal), counters.Select(static one => one.Name).Order(StringComparer.Ordinal));
        Assert.All(counters, one => Assert.Equal(machine.Frames.Count(frame => frame.State == states[one.Name]), one.Value));
        Assert.Equal(counters.Length, counters.DistinctBy(static one => one.Value).Count());
    }

    [Fact]
    public void ThePresentPagesOfARowAreThoseOfThePageTables()
    {
        foreach (SvgBox row in new SvgReader(AddressSpaceFigure.Draw(Machine.Spaces[0])).Boxes("row"))
        {
            PageNumber first = new(uint.Parse(row.Value.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> 12);
            AreaSnapshot area = _process.Memory.Areas.Snapshot().Single(area => area.Range.First == first);
            int present = 0;
            for (PageNumber page = area.Range.First; page < area.Range.End; page++)
                if (_process.Memory.ReadPagemap(page).IsPresent) present++;
            Assert.Equal(present, row.NumberOf("present"));
        }
    }

    [Fact]
    public void EveryEntryIsTheWordInRam()
    {
        SpaceView space = Machine.Spaces[0];
        SvgReader svg = new(PageTableFigure.Draw(space, null, null, 2000));
        Assert.Equal(space.Tables.Count(static table => !table.IsKernel), (int)_process.Memory.Usage.PageTables.Value);
        int drawn = 0;
        foreach (SvgBox entry in svg.Boxes("entry"))
        {
            PageNumber page = new(uint.Parse(entry.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            WalkResult walk = Walker.Peek(_engine.Ram, TableFormat.Classic, _process.Memory.PrepareWalk(), page);
            Assert.Equal($"{walk.Leaf.Word:x8}", entry.Of("word"));
            drawn++;
        }

        Assert.True(drawn > 10);
        Assert.Contains(space.Entries, static entry => entry.Slot is not null);
        Assert.Equal(_swap.UsedSlotCount, (uint)space.Entries.Count(static entry => entry.Slot is not null));
    }

    [Fact]
    public void EveryFrameIsInItsStateAndTheLegendCountsThem()
    {
        SvgReader svg = new(FramesFigure.Draw(Machine));
        foreach (FrameState state in Enum.GetValues<FrameState>())
        {
            int count = (int)_engine.Frames.CountOf(state).Value;
            if (state != FrameState.Free)
                Assert.Equal(count, svg.Boxes("frame").Count(box =>
                    string.Equals(box.Of("state"), state.ToString(), StringComparison.Ordinal)));
            SvgBox? legend = svg.Boxes("count").SingleOrDefault(box =>
                string.Equals(box.Value, state.ToString(), StringComparison.Ordinal));
            Assert.Equal(count, legend?.NumberOf("of") ?? 0);
        }

        Assert.Equal((int)_engine.Files.DirtyPages.Value, svg.Boxes("dirty").Count);
    }

    /// <summary>Frames that are in the same state and hold another page of the same file are marked as well.</summary>
    [Fact]
    public void FramesThatHoldAnotherPageAreMarked()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });    // 256 frames: two lots of 150 pages share some
        using GuestFile file = engine.Files.CreateFile("data", new MemoryBacking(new byte[400 << 12], 400 << 12));
        UserProcess process = engine.CreateProcess("reader");
        Assert.Equal(Errno.None, file.Open(process, FileRights.ReadWrite, out int descriptor));
        byte[] pages = new byte[150 << 12];
        Assert.Equal(Errno.None, file.Read(0, pages, out _));
        MachineView before = MachineView.Take(engine, [file]);
        Assert.Equal(Errno.None, process.FileDescriptors.Advise(descriptor, 0, 0, FileAdvice.DontNeed));
        Assert.Equal(Errno.None, file.Read(200 << 12, pages, out _));
        Assert.Equal(Errno.None, file.Write(201 << 12, pages.AsSpan(0, 16), out _));
        MachineView machine = MachineView.Take(engine, [file]);
        int[] differing = [.. Enumerable.Range(0, machine.Frames.Count)
            .Where(frame => ContentsOf(machine, frame) != ContentsOf(before, frame))];
        Assert.Contains(differing, frame =>
            machine.Frames[frame].FileId != 0 && machine.Frames[frame].FileId == before.Frames[frame].FileId);
        Assert.Equal(differing, new SvgReader(FramesFigure.Draw(machine, before)).Boxes("change").SelectMany(static box => Enumerable.Range(
            int.Parse(box.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture), box.NumberOf("cells"))));

        static (FrameState, int, uint, bool) ContentsOf(MachineView machine, int frame) =>
            machine.Frames[frame] is var one ? (one.State, one.FileId, one.FilePage, one.IsDirty) : default;
    }

    /// <summary>A large machine: a cell is several frames, drawn as the first in use, and dirty if one of them is.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void ACellOfSeveralFramesIsTheFirstInUse()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 32 << 20, RequestHostHugePages = false });
        UserProcess process = engine.CreateProcess("large");
        GuestFile file = engine.Files.CreateFile("data", new MemoryBacking(new byte[1200 << 12], 1200 << 12));
        Assert.Equal(Errno.None, file.Open(process, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(Errno.None, process.Memory.Map(default, 1200 << 12, MemoryProtection.ReadWrite, MapFlags.Shared, descriptor, 0,
            out VirtualAddress shared));
        Assert.Equal(Errno.None, process.Memory.Map(default, 3000 << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress own));
        for (uint page = 0; page < 3000; page++)    // pages of both kinds, in turn
        {
            if (page < 1200 && page % 7 == 0) process.Memory.Mmu.Write(shared + (page << 12), 1u);
            else if (page < 1200) _ = process.Memory.Mmu.Read<byte>(shared + (page << 12));
            process.Memory.Mmu.Write(own + (page << 12), 1u);
        }

        for (uint page = 0; page < 3000; page += 3) Assert.Equal(Errno.None, process.Memory.Unmap(own + (page << 12), 0x1000));
        MachineView machine = MachineView.Take(engine, [file]);
        Figure figure = FramesFigure.Draw(machine);
        Match words = Regex.Match(
            figure.ToFile(), "each cell stands for (?<count>[0-9]+) frames", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        int perCell = int.Parse(words.Groups["count"].Value, CultureInfo.InvariantCulture);
        SvgReader svg = new(figure);
        Dictionary<int, string> drawn = [];
        foreach (SvgBox box in svg.Boxes("frame"))
            for (int cell = 0; cell < box.NumberOf("cells"); cell++)
                drawn.Add(int.Parse(box.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) + (cell * perCell), box.Of("state"));
        HashSet<int> dirty = [];
        int mixed = 0;
        for (int first = 0; first < machine.Frames.Count; first += perCell)
        {
            FrameView[] frames = [.. machine.Frames.Skip(first).Take(perCell)];
            FrameState state = frames.Select(static frame => frame.State).FirstOrDefault(static one => one != FrameState.Free);
            Assert.Equal(state == FrameState.Free ? null : state.ToString(), drawn.GetValueOrDefault(first));
            if (frames.Any(static frame => frame.IsDirty)) _ = dirty.Add(first);
            if (frames.Select(static frame => frame.State).Distinct().Count() > 1) mixed++;
        }

        Assert.InRange(mixed, 50, int.MaxValue);
        Assert.Subset(dirty, new HashSet<int>(svg.Boxes("dirty").Select(static box =>
            int.Parse(box.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
        Assert.NotEmpty(svg.Boxes("dirty"));
    }

    [Fact]
    public void TheCacheShowsThePagesOfTheFile()
    {
        SvgReader svg = new(CacheFigure.Draw(Machine));
        Assert.Equal(40, svg.Boxes("page").Count);
        foreach (SvgBox page in svg.Boxes("page"))
            Assert.Equal(_file.IsCached(new((uint)page.NumberOf("page"))), page.Of("frame").Length != 0);
        Assert.Equal((int)_file.DirtyPages.Value, svg.Boxes("dirty").Count);
    }

    /// <summary>Up to 80 pages have cells with numbers; a page more has small cells, up to 960, and the rest is counted.</summary>
    [Theory]
    [InlineData(80, 80, true, 0)]
    [InlineData(81, 81, false, 0)]
    [InlineData(960, 960, false, 0)]
    [InlineData(963, 960, false, 3)]
    public void LargeFilesHaveSmallCells(int pages, int drawn, bool hasNumbers, int left)
    {
        using GuestFile large = _engine.Files.CreateMemoryFile("large", (long)pages << 12);
        SvgReader svg = new(CacheFigure.Draw(MachineView.Take(_engine, [large])));
        Assert.Equal(drawn, svg.Boxes("page").Count);
        Assert.Equal(hasNumbers, svg.Texts.Contains("#79", StringComparer.Ordinal));
        Assert.Equal(left != 0, svg.Texts.Contains($"and {left} more pages", StringComparer.Ordinal));
    }

    [Fact]
    public void TheCountersAreTheEngines()
    {
        Dictionary<string, int> drawn = new SvgReader(CountersFigure.Draw(Machine)).Boxes("counter")
            .ToDictionary(static box => box.Value, static box => box.NumberOf("value"), StringComparer.Ordinal);
        Assert.Equal(_engine.Faults.Minor, drawn["minor faults"]);
        Assert.Equal(_engine.Reclaimed.SwapWrites, drawn["pages written to swap"]);
        Assert.Equal(_engine.Frames.CountOf(FrameState.Free).Value, (uint)drawn["free frames"]);
    }

    [Fact]
    public void TheTreeIsRedBlackAndInTheOrderOfTheList()
    {
        IReadOnlyList<AreaTreeNode> nodes = _process.Memory.Areas.SnapshotTree();
        Assert.Equal(_process.Memory.Areas.Snapshot().Select(static area => area.Range), nodes.Select(static node => node.Range));
        Assert.Single(nodes, static node => node.Parent < 0);
        HashSet<int> blackHeights = [];
        for (int i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Parent < 0) Assert.True(nodes[i] is { IsBlack: true, Depth: 0 });
            else Assert.True((nodes[i].IsBlack || nodes[nodes[i].Parent].IsBlack) && nodes[i].Depth == nodes[nodes[i].Parent].Depth + 1);
            int black = 0;
            for (int node = i; node >= 0; node = nodes[node].Parent) black += nodes[node].IsBlack ? 1 : 0;
            if (!nodes.Any(node => node.Parent == i)) blackHeights.Add(black);
        }

        Assert.InRange(blackHeights.Count, 1, 1);
        Assert.Equal(nodes.Count, new SvgReader(AreaTreeFigure.Draw(Machine.Spaces[0])).Boxes("row").Count);
    }

    [Fact]
    public void ArrowsLeadWhereTheEntriesLead()
    {
        MachineView machine = Machine;
        AreaView area = machine.Spaces[0].Areas.First(static area => area.Present > 1);
        PageWindow window = new(_process.Id, new(area.Area.Range.First, new(Math.Min(6, area.Area.Range.Count.Value))), "some");
        SvgReader svg = new(MappingFigure.Draw(machine, null, window));
        Dictionary<string, string> arrows = svg.Elements.Where(static element => element.Attribute("data-from") is not null)
            .ToDictionary(static arrow => arrow.Attribute("data-from")!.Value, static arrow => arrow.Attribute("data-to")!.Value,
                StringComparer.Ordinal);
        foreach (SvgBox page in svg.Boxes("page"))
        {
            PagemapWord word = _process.Memory.ReadPagemap(new(uint.Parse(page.Value, NumberStyles.HexNumber,
                CultureInfo.InvariantCulture)));
            Assert.Equal(word.IsPresent ? $"{word.Frame.Value:x}" : null, arrows.GetValueOrDefault(page.Value));
        }
    }
}
