using Paging.Core;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Pfn;
using Paging.Windows.Reports;
using Paging.Windows.Spaces;

namespace Paging.Windows.Tests;

/// <summary>The table of moves matches its picture, and the reports and the self-map agree with RAM.</summary>
public sealed class PfnTests
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;

    /// <summary>Rows and columns in the order of the locations' numbers, as the table in the code shows them.</summary>
    [Theory]
    [InlineData(PageLocation.Zeroed, ".....xxx")]
    [InlineData(PageLocation.Free, "x....xxx")]
    [InlineData(PageLocation.Standby, ".x.x.xxx")]
    [InlineData(PageLocation.Modified, ".x..xxxx")]
    [InlineData(PageLocation.ModifiedNoWrite, ".x.x.xx.")]
    [InlineData(PageLocation.Bad, "........")]
    [InlineData(PageLocation.ActiveAndValid, ".xxxxx.x")]
    [InlineData(PageLocation.Transition, ".xxx.xx.")]
    public void AFrameMovesOnlyAsTheTableAllows(PageLocation from, string row)
    {
        foreach (PageLocation to in Enum.GetValues<PageLocation>())
        {
            Assert.Equal(row[(int)to] == 'x', PageLocationRules.MayFollow(from, to));
            if (row[(int)to] != 'x') Assert.Throws<InvariantException>(() => PageLocationRules.Check(new(7), from, to));
        }
    }

    [Theory]
    [InlineData(TableFormat.Classic, 0x7FFFFu, 0xC01FFFFCu, 0xC03007FCu)]
    [InlineData(TableFormat.Classic, 0u, 0xC0000000u, 0xC0300000u)]
    [InlineData(TableFormat.Pae, 0u, 0xC0000000u, 0xC0600000u)]
    [InlineData(TableFormat.Pae, 0x7FFFFu, 0xC03FFFF8u, 0xC0601FF8u)]
    public void EntriesLieWhereTheSelfMapHasThem(TableFormat format, uint page, uint entry, uint directoryEntry)
    {
        Assert.Equal(entry, SelfMap.AddressOfEntry(format, new(page)).Value);
        Assert.Equal(directoryEntry, SelfMap.AddressOfEntry(format, new VirtualAddress(entry).Page).Value);
    }

    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void TheSelfMapShowsTheWordsThatTheProcessorWalks(TableFormat format)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 2 << 20, Tables = format });
        using WindowsMachine machine = WindowsMachine.Of(engine);
        using WindowsProcess process = machine.CreateProcess("mapped");
        Assert.Equal(Win32Error.Success,
            process.Memory.VirtualAlloc(default, 0x2000, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress at));
        Assert.True(process.Access.TryWrite(at, 1, out _));
        Assert.True(process.TryReadSelfMap(SelfMap.AddressOfEntry(format, at.Page), out uint word));
        PageTableEntry entry = process.Space.Space.Tables.Read(at.Page);
        Assert.Equal((uint)entry.Word, word);
        Assert.True(process.TryReadSelfMap(SelfMap.AddressOfEntry(format, SelfMap.AddressOfEntry(format, at.Page).Page), out uint upper));
        Assert.Equal(1u, upper & 1);
        Assert.False(process.TryReadSelfMap(SelfMap.AddressOfEntry(format, new(0x7F000)), out _));
        Assert.False(process.TryReadSelfMap(new(0xBFFF_FFFC), out _));

        PfnEntry pfn = machine.TakePfnSnapshot().Entries.Single(one => one.Frame == entry.Frame);
        Assert.Equal((PageLocation.ActiveAndValid, 1u, 1u), (pfn.Location, pfn.ShareCount, pfn.ReferenceCount));
        Assert.Equal((SelfMap.AddressOfEntry(format, at.Page), "demand zero"), (pfn.PteAddress, pfn.OriginalPte));
        process.WorkingSet.Empty();
        Assert.Equal(PageLocation.Modified, machine.TakePfnSnapshot().Entries.Single(one => one.Frame == entry.Frame).Location);
        Assert.Contains("Modified", machine.TakePfnSnapshot().ToPfnText(), StringComparison.Ordinal);
    }

    /// <summary>Every word of the directory's part, and the words around it and at both ends of the map.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, 0x30_0000u, 0x1000u, 0x40_0000u)]
    [InlineData(TableFormat.Pae, 0x60_0000u, 0x4000u, 0x80_0000u)]
    public void TheSelfMapHasTheDirectoryInIt(TableFormat format, uint first, uint length, uint mapLength)
    {
        const uint start = 0xC000_0000;
        using PagingEngine engine = new(new EngineOptions { RamBytes = 2 << 20, Tables = format });
        using WindowsMachine machine = WindowsMachine.Of(engine);
        using WindowsProcess process = machine.CreateProcess("mapped");
        Assert.Equal(Win32Error.Success,
            process.Memory.VirtualAlloc(default, 0x1000, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress at));
        Assert.True(process.Access.TryWrite(at, 1, out _));
        PageTables tables = process.Space.Space.Tables;
        int shift = format == TableFormat.Pae ? 3 : 2, present = 0;
        for (uint offset = 0; offset < length; offset += 4)
        {
            Assert.True(process.TryReadSelfMap(new(start + first + offset), out uint word));
            ulong upper = tables.ReadUpper((int)(offset >> shift)).Word;
            Assert.Equal(shift == 3 && (offset & 4) != 0 ? (uint)(upper >> 32) : (uint)upper, word);
            if ((upper & 1) != 0) present++;
            Assert.False(process.TryReadSelfMap(new(start + first + offset + 2), out _));
        }

        Assert.True(present > 0);
        foreach (uint outside in (uint[])[start - 4, start + first - 4, start + first + length, start + mapLength - 4, start + mapLength])
            Assert.False(process.TryReadSelfMap(new(outside), out _), $"{outside:x}");
    }

    [Fact]
    public void TheAddressListCoversTheUserHalfWithoutGapsAndAddsUp()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 2 << 20 });
        using WindowsMachine machine = WindowsMachine.Of(engine);
        using WindowsProcess process = machine.CreateProcess("listed");
        process.Memory.VirtualAlloc(default, 0x5000, AllocationTypes.Reserve, PageProtection.ReadWrite, out VirtualAddress at);
        process.Memory.VirtualAlloc(at + 0x1000, 0x2000, AllocationTypes.Commit, PageProtection.ReadOnly, out _);
        Assert.True(process.Access.TryRead(at + 0x1000, out int _, out _));
        AddressSnapshot snapshot = process.TakeAddressSnapshot();
        PageNumber next = default;
        foreach (AddressRun run in snapshot.Runs)
        {
            Assert.Equal(next, run.Information.Base);
            next = run.Information.Base + run.Information.Count;
        }

        Assert.Equal(0x7FFF0u, next.Value);
        foreach (IReadOnlyList<AddressTotal> totals in new[] { snapshot.ByUsage, snapshot.ByType, snapshot.ByState })
            Assert.Equal(0x7FFF0ul, totals.Aggregate(0ul, static (sum, total) => sum + total.Pages));
        AddressTotal committed = snapshot.ByState.Single(static total => string.Equals(total.Name, "MEM_COMMIT", StringComparison.Ordinal));
        // with the shared user page, which no process is charged for
        Assert.Equal((3ul, 3ul, 1ul), (committed.Pages, committed.Commit, committed.WorkingSet));
        Assert.Contains("PAGE_READONLY", snapshot.ToAddressText(), StringComparison.Ordinal);
        ProcessRecord record = process.TakeRecord();
        Assert.Equal((process.Id, 2L, 1L, "listed"), (record.Id, record.CommitCharge, record.WorkingSet, record.Name));
    }
}
