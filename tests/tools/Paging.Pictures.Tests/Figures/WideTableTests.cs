using System.Globalization;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;

namespace Paging.Pictures.Tests;

/// <summary>Pictures of PAE tables, and of pages of 2 MB and 4 MB, agree with a recount of the tables in RAM.</summary>
public sealed class WideTableTests
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    private static PagingEngine Begin(TableFormat tables, out UserProcess process, out VirtualAddress data, out VirtualAddress huge)
    {
        PagingEngine engine = new(new EngineOptions { RamBytes = 17 << 20, Seed = 3, Tables = tables, HugePages = 1 });
        process = engine.CreateProcess("wide");
        Assert.Equal(Errno.None, process.Memory.Map(default, 700 << 12, MemoryProtection.ReadWrite, Anonymous, out data));
        foreach (uint page in (uint[])[0, 1, 511, 512, 699]) process.Memory.Mmu.Write(data + (page << 12), page + 1);
        Assert.Equal(Errno.None, process.Memory.Map(default, 0x2000, MemoryProtection.Read | MemoryProtection.Execute, Anonymous,
            out VirtualAddress code));
        _ = process.Memory.Mmu.Read<uint>(code);
        Assert.Equal(Errno.None, process.Memory.Map(default, (uint)engine.HugePages.PageBytes, MemoryProtection.ReadWrite,
            Anonymous | MapFlags.HugeTlb, out huge));
        process.Memory.Mmu.Write(huge + 0x12_3456, 7u);
        return engine;
    }

    private static WalkResult Peek(PagingEngine engine, AddressSpace memory, PageNumber page) =>
        Walker.Peek(engine.Ram, engine.Options.Tables, memory.PrepareWalk(), page);

    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void EveryEntryAndEveryBitIsTheWordInRam(TableFormat format)
    {
        using PagingEngine engine = Begin(format, out UserProcess process, out _, out _);
        SpaceView space = MachineView.Take(engine).Spaces[0];
        SvgReader svg = new(PageTableFigure.Draw(space, null, null, 2000));
        IReadOnlyList<SvgBox> entries = svg.Boxes("entry"), bits = svg.Boxes("bit");
        Assert.Equal(7, entries.Count);    // six pages, and the huge one
        int bitsEach = format == TableFormat.Pae ? 6 : 5, drawn = 0;
        foreach (SvgBox entry in entries)
        {
            PageTableEntry leaf = Peek(engine, process.Memory,
                new(uint.Parse(entry.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture))).Leaf;
            Assert.Equal($"{leaf.Word:x8}", entry.Of("word"));
            bool[] expected = [leaf.IsPresent, leaf.IsWritable, leaf.IsUser, leaf.IsAccessed, leaf.IsDirty, leaf.IsNoExecute];
            Assert.Equal(expected[..bitsEach], bits.Skip(drawn).Take(bitsEach).Select(static bit => bit.NumberOf("set") == 1));
            drawn += bitsEach;
        }

        Assert.Equal(drawn, bits.Count);
        Assert.Equal(format == TableFormat.Pae, bits.Any(static bit => string.Equals(bit.Value, "NX", StringComparison.Ordinal)));
        Assert.Equal((int)process.Memory.Usage.PageTables.Value, svg.Boxes("table").Count);
    }

    [Theory]
    [InlineData(TableFormat.Classic, 1024)]
    [InlineData(TableFormat.Pae, 512)]
    public void AHugePageIsOneEntryOfTheDirectoryAndAllOfItsPagesArePresent(TableFormat format, int pages)
    {
        using PagingEngine engine = Begin(format, out UserProcess process, out VirtualAddress data, out VirtualAddress huge);
        MachineView machine = MachineView.Take(engine);
        SpaceView space = machine.Spaces[0];
        SvgBox box = Assert.Single(new SvgReader(PageTableFigure.Draw(space)).Boxes("huge"));
        Assert.Equal((int)(huge.Page.Value / pages), box.NumberOf("huge"));
        WalkResult walk = Peek(engine, process.Memory, huge.Page);
        Assert.True(walk.IsLargePage);
        Assert.Equal($"{walk.Physical.Frame.Value:x}", box.Of("frame"));
        SvgBox row = new SvgReader(AddressSpaceFigure.Draw(space)).Boxes("row")
            .Single(row => row.Value.StartsWith($"{huge.Value:x8}", StringComparison.Ordinal));
        Assert.Equal(pages, row.NumberOf("present"));
        Assert.Equal(5, (int)space.Areas.Single(area => area.Area.Range.Contains(data.Page)).Present);
        PageNumber within = (huge + 0x12_3000).Page;
        Assert.Equal(Peek(engine, process.Memory, within).Leaf, space.EntryOf(within).Entry);
        SvgReader arrows = new(MappingFigure.Draw(machine, null, new(process.Id, new(within, new(3)), "huge")));
        Assert.Equal(3, arrows.Elements.Count(static element => element.Attribute("data-from") is not null));
    }

    [Fact]
    public void UnderPaeFourPointersLeadToTheDirectoriesAndTheKernelsPagesHave2MB()
    {
        using PagingEngine engine = Begin(TableFormat.Pae, out UserProcess process, out _, out _);
        SpaceView space = MachineView.Take(engine).Spaces[0];
        SvgReader svg = new(PageTableFigure.Draw(space));
        ReadOnlySpan<uint> pointers = engine.Ram.Words(process.Memory.PrepareWalk());
        IReadOnlyList<SvgBox> drawn = svg.Boxes("pointer");
        Assert.Equal(4, drawn.Count);
        for (int i = 0; i < 4; i++) Assert.Equal($"{pointers[2 * i] >> 12:x}", drawn[i].Of("to"));
        Assert.Equal([8, 1], svg.Boxes("kernel").Select(static box => box.NumberOf("kernel")));    // 17 MB: 8 pages of 2 MB, and a table
        Assert.Contains(svg.Texts, static text => text.Contains("8 × 2 MB pages", StringComparison.Ordinal));
        for (int i = 0; i < drawn.Count; i++)
            for (int j = 0; j < i; j++) Assert.False(drawn[i].Overlaps(drawn[j]));
    }

    [Fact]
    public void UnderPaeAnEntryHas64BitsAndNxIsOneOfThem()
    {
        using PagingEngine engine = Begin(TableFormat.Pae, out UserProcess process, out VirtualAddress data, out _);
        SpaceView space = MachineView.Take(engine).Spaces[0];
        ulong word = Peek(engine, process.Memory, data.Page).Leaf.Word;
        SvgReader svg = new(EntryFigure.Draw([("data", space.EntryOf(data.Page))], [word & ~(1UL << 63)], space.Format));
        Assert.Equal(13, svg.Boxes("bit").Count);
        foreach (SvgBox bit in svg.Boxes("bit")) Assert.Equal((word >> bit.NumberOf("bit")) & 1, (ulong)bit.NumberOf("set"));
        Assert.Equal("63", Assert.Single(svg.Boxes("change")).Value);
        Assert.Equal($"{process.Memory.ReadPagemap(data.Page).Frame.Value:x5}", svg.Boxes("field").Single().Of("value"));
        Assert.Contains($"{word:x16}", svg.Texts, StringComparer.Ordinal);
    }

    [Fact]
    public void ASwapEntryOfAPaeTableHasItsSlot()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 2 << 20, Tables = TableFormat.Pae });
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new Core.Swap.MemorySwapStore(1 << 20), out _));
        UserProcess process = engine.CreateProcess("swapped");
        Assert.Equal(Errno.None, process.Memory.Map(default, 0x4000, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress at));
        for (uint page = 0; page < 4; page++) process.Memory.Mmu.Write(at + (page << 12), page + 1);
        Assert.Equal(Errno.None, process.Memory.Advise(at, 0x2000, MemoryAdvice.PageOut));
        SpaceView space = MachineView.Take(engine).Spaces[0];
        Assert.Equal(2, space.Entries.Count(static entry => entry.Slot is not null));
        Assert.Equal((2u, 2u), (space.Areas[0].Present, space.Areas[0].Swapped));
        Assert.Contains(new SvgReader(PageTableFigure.Draw(space)).Texts,
            static text => text.StartsWith("→ swap slot", StringComparison.Ordinal));
    }
}
