using System.Globalization;
using Paging.Core;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Windows.Pfn;
using Paging.Windows.Reports;
using Paging.Windows.Sections;
using Paging.Windows.Vads;

namespace Paging.Windows.Tests;

/// <summary>How far VirtualQuery's runs reach, and which statuses are successes.</summary>
public sealed class QueryTests : IDisposable
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;
    private static readonly VirtualAddress At = new(0x2000_0000);

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;

    public QueryTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("windows");
    }

    public void Dispose()
    {
        Assert.Empty(_engine.Audit().Findings);
        _machine.Dispose();
        _engine.Dispose();
    }

    /// <summary>The runs follow each other without a gap, from page 0 to the last 64 KiB, which no process may use.</summary>
    [Fact]
    public void TheRunsReachToTheLast64Kibibytes()
    {
        Succeeds(_process.Memory.VirtualAlloc(At, 0x1000, ReserveAndCommit, PageProtection.ReadWrite, out _));
        VirtualAddress at = VirtualAddress.Zero;
        while (_process.Memory.VirtualQuery(at, out MemoryBasicInformation run) == Win32Error.Success)
        {
            Assert.Equal(at.Page, run.Base);
            Assert.NotEqual(0u, run.Count.Value);
            at = (run.Base + run.Count).Address;
        }

        Assert.Equal(0x7FFF_0000u, at.Value);
    }

    /// <summary>MMVAD_SHORT for private memory, MMVAD for a view, MMVAD_LONG where there is more to remember.</summary>
    [Fact]
    public void AVadIsAsLongAsItsRecordNeeds()
    {
        VirtualMemory memory = _process.Memory;
        Succeeds(memory.VirtualAlloc(default, 0x1000, AllocationTypes.Reserve, PageProtection.ReadWrite, out VirtualAddress plain));
        const AllocationTypes watched = AllocationTypes.Reserve | AllocationTypes.WriteWatch;
        Succeeds(memory.VirtualAlloc(default, 0x1000, watched, PageProtection.ReadWrite, out VirtualAddress watch));
        Succeeds(_process.Sections.CreateFileMapping(
            null, PageProtection.ReadWrite, SectionFlags.Commit, 0x1000, null, out SectionHandle section));
        Succeeds(_process.Sections.MapViewOfFileEx(section, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress view));
        Assert.Equal([VadSize.Short, VadSize.Long, VadSize.Normal],
            new[] { plain, watch, view }.Select(at => _process.TakeSnapshot().Vads.Single(vad => vad.Range.Contains(at.Page)).Size));
        Succeeds(_process.Sections.CloseHandle(section));
    }

    /// <summary>
    /// Rule 25: what does not fit into the caller's list stays written, and what is written again after the list is in the next one, while
    /// the rest is still to be fetched.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(9)]
    public void NoWrittenPageIsLostBetweenTwoLists(int room)
    {
        const AllocationTypes watched = AllocationTypes.Reserve | AllocationTypes.Commit | AllocationTypes.WriteWatch;
        Succeeds(_process.Memory.VirtualAlloc(default, 0x10_000, watched, PageProtection.ReadWrite, out VirtualAddress start));
        HashSet<uint> written = [];
        uint[] first = [0, 1, 2, 3, 7, 9, 10, 15];    // runs of four, one, two, one
        foreach (uint page in first) Write(page);
        PageNumber[] found = new PageNumber[room];
        for (uint iteration = 0; written.Count > 0; iteration++)
        {
            Succeeds(_process.Memory.GetWriteWatch(start, 0x10_000, true, found, out int count));
            uint[] expected = [.. written.Order().Take(room)];
            Assert.Equal(expected, found[..count].Select(page => (page - start.Page).Value));
            written.ExceptWith(expected);
            if (iteration < 6) Write((iteration * 5) % 16);    // one that was in a list, or is still to come, or is new
        }

        void Write(uint page)
        {
            Assert.True(_process.Access.TryWrite(start + (page << 12), page, out _));
            _ = written.Add(page);
        }
    }

    /// <summary>Reserved pages are alike, whatever they were before they were decommitted. AllocationProtect does not change.</summary>
    [Fact]
    public void ReservedPagesAreOneRunForAnyEarlierProtection()
    {
        Succeeds(_process.Memory.VirtualAlloc(At, 0x8000, AllocationTypes.Reserve, PageProtection.ReadOnly, out _));
        Succeeds(_process.Memory.VirtualAlloc(At + 0x2000, 0x2000, AllocationTypes.Commit, PageProtection.ExecuteRead, out _));
        Succeeds(_process.Memory.VirtualAlloc(At + 0x4000, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        Assert.Equal([(0u, 2u), (2u, 2u), (4u, 1u), (5u, 3u)], Runs());
        Assert.Equal(PageProtection.ReadOnly, Query(At + 0x2000).AllocationProtection);
        Assert.Equal(PageProtection.ExecuteRead, Query(At + 0x2000).Protection);
        Succeeds(_process.Memory.VirtualFree(At + 0x2000, 0x3000, AllocationTypes.Decommit));
        Assert.Equal([(0u, 8u)], Runs());
        Assert.Equal(MemoryState.Reserve, Query(At + 0x3000).State);
        Assert.Equal((5u, PageProtection.None), (Query(At + 0x3000).Count.Value, Query(At + 0x3000).Protection));
    }

    /// <summary>Freeing a page unlocks it, even if its address is used again: VirtualUnlock returns ERROR_NOT_LOCKED.</summary>
    [Theory]
    [InlineData(false, Win32Error.Success)]
    [InlineData(true, Win32Error.NotLocked)]
    public void FreedPagesAreLockedNoMore(bool isFreed, Win32Error expected)
    {
        Succeeds(_process.Memory.VirtualAlloc(At, 0x3000, ReserveAndCommit, PageProtection.ReadWrite, out _));
        Succeeds(_process.Memory.VirtualLock(At, 0x3000));
        if (isFreed)
        {
            Succeeds(_process.Memory.VirtualFree(At + 0x1000, 0x1000, AllocationTypes.Decommit));
            Succeeds(_process.Memory.VirtualAlloc(At + 0x1000, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
            Assert.True(_process.Access.TryWrite(At + 0x1000, 1, out _));
        }

        Assert.Equal(expected, _process.Memory.VirtualUnlock(At + 0x1000, 0x1000));
        Succeeds(_process.Memory.VirtualUnlock(At, 0x1000));
    }

    /// <summary>Tables that were made before frames ran out go again: a refused call has changed nothing.</summary>
    [Fact]
    public void ARefusedCommitLeavesNoTables()
    {
        Succeeds(_process.Memory.VirtualAlloc(At, 32 << 20, AllocationTypes.Reserve, PageProtection.NoAccess, out _));
        FrameCount before = _engine.Frames.CountOf(FrameState.PageTable);
        FaultInjection injection = _engine.Parts.Machine.Injection;
        injection.FailAtAllocation = 2;    // of the second table: the range lies in two
        Assert.NotEqual(Win32Error.Success,
            _process.Memory.VirtualAlloc(At + 0x3F_0000, 0x2_0000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        Assert.Equal(0, injection.FailAtAllocation);
        Assert.Equal(before, _engine.Frames.CountOf(FrameState.PageTable));
    }

    /// <summary>When a view goes, the cache marks the pages used through it, as it does for a Linux mapping.</summary>
    [Fact]
    public void APageThatAViewHasUsedIsMarkedWhenItIsUnmapped()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("used", 0x2000);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        Succeeds(_process.Sections.CreateFileMapping(
            opened, PageProtection.ReadWrite, SectionFlags.None, 0, null, out SectionHandle section));
        Succeeds(_process.Sections.MapViewOfFileEx(section, SectionAccess.MapRead, 0, 0, default, out VirtualAddress view));
        Assert.True(_process.Access.TryRead(view, out byte _, out _));
        PageTableEntry entry = _process.Space.Space.Tables.Read(view.Page);
        Assert.True(entry.IsPresent && entry.IsAccessed);
        _engine.Parts.Machine.Frames[entry.Frame].Flags &= ~Core.Frames.PageFlags.Referenced;
        Succeeds(_process.Sections.UnmapViewOfFile(view));
        Assert.True((_engine.Parts.Machine.Frames[entry.Frame].Flags & Core.Frames.PageFlags.Referenced) != 0);
    }

    /// <summary>The totals in kilobytes are four times those in pages.</summary>
    [Fact]
    public void ThePfnTextCountsFourKilobytesAPage()
    {
        PfnSnapshot snapshot = _machine.TakePfnSnapshot();
        int lines = 0;
        foreach (string line in snapshot.ToPfnText(withEntries: false).Split('\n'))
        {
            if (!line.EndsWith(" kb)", StringComparison.Ordinal)) continue;
            string[] words = line.Split([' ', ':', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(4 * uint.Parse(words[1], CultureInfo.InvariantCulture), uint.Parse(words[2], CultureInfo.InvariantCulture));
            lines++;
        }

        Assert.Equal(Enum.GetValues<PageLocation>().Length, lines);
        Assert.Equal(512L, snapshot.Counts.Sum(static count => (long)count));    // 2 MiB
    }

    /// <summary>Success and information are successes; warnings and errors are not. ntdef.h: NT_SUCCESS.</summary>
    [Theory]
    [InlineData(NtStatus.Success, true)]
    [InlineData(NtStatus.ObjectNameExists, true)]         // 0x40000000
    [InlineData(NtStatus.GuardPageViolation, false)]      // 0x80000001
    [InlineData(NtStatus.AccessViolation, false)]
    public void WarningsAreNoSuccess(NtStatus status, bool isSuccess) => Assert.Equal(isSuccess, status.IsSuccess());

    private List<(uint First, uint Count)> Runs()
    {
        List<(uint, uint)> runs = [];
        for (VirtualAddress at = At; at < At + 0x8000;)
        {
            MemoryBasicInformation run = Query(at);
            runs.Add(((run.Base - At.Page).Value, run.Count.Value));
            at = (run.Base + run.Count).Address;
        }

        return runs;
    }

    private MemoryBasicInformation Query(VirtualAddress at)
    {
        Succeeds(_process.Memory.VirtualQuery(at, out MemoryBasicInformation information));
        return information;
    }

    private static void Succeeds(Win32Error error) => Assert.Equal(Win32Error.Success, error);
}
