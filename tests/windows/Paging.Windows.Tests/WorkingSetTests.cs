using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Testing.Doubles;
using Paging.Windows.Pfn;
using Paging.Windows.Reports;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>Pages leave working sets for the standby and modified lists and come back without I/O, or lose their frames.</summary>
public sealed class WorkingSetTests : IDisposable
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;
    private const uint Pages = 24;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;
    private readonly VirtualAddress _at;

    public WorkingSetTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("trimmed");
        Assert.Equal(Win32Error.Success,
            _process.Memory.VirtualAlloc(default, Pages << 12, ReserveAndCommit, PageProtection.ReadWrite, out _at));
    }

    public void Dispose()
    {
        AssertClean();
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void AWrittenPageWaitsOnTheModifiedListAndComesBackWithoutIo()
    {
        WriteAll();
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Assert.Equal((0L, Pages), (_process.WorkingSet.PageCount, CountOf(PageLocation.Modified)));
        AssertClean();
        AssertAllThere();
        Assert.Equal((Pages, 0u), ((uint)_process.WorkingSet.TransitionFaults, CountOf(PageLocation.Modified)));
        Assert.Equal(0, _engine.Reclaimed.SwapReads);
    }

    [Fact]
    public void APageThatWasOnlyReadIsOnStandbyAndItsFrameCanBeTaken()
    {
        for (uint i = 0; i < Pages; i++) Assert.True(_process.Access.TryRead(_at + (i << 12), out int _, out _));
        Assert.Equal(Win32Error.Success, _process.WorkingSet.SetPagePriority(2));
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Assert.Equal(Pages, _machine.TakePfnSnapshot().Standby[2]);
        Assert.Equal(Pages, _machine.Parts.Transitions.Release(Pages));
        Assert.Equal(0u, CountOf(PageLocation.Standby));
        AssertClean();
        for (uint i = 0; i < Pages; i++)
        {
            Assert.True(_process.Access.TryRead(_at + (i << 12), out int word, out _));
            Assert.Equal(0, word);
        }

        Assert.Equal(0, _process.WorkingSet.TransitionFaults);
    }

    [Fact]
    public void WrittenPagesAreOnStandbyAndTheirContentsOutliveTheFrame()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        WriteAll();
        _process.WorkingSet.Empty();
        Assert.Equal(10, _machine.Threads.RunModifiedPageWriter(10));
        Assert.Equal((10u, Pages - 10), (CountOf(PageLocation.Standby), CountOf(PageLocation.Modified)));
        AssertClean();
        Assert.Equal(10u, _machine.Parts.Transitions.Release(10));
        Assert.Equal(10u, _process.TakeSnapshot().Vads.Aggregate(0u, static (sum, vad) => sum + vad.PagedOut));
        AssertAllThere();
        Assert.Equal(Pages - 10, (uint)_process.WorkingSet.TransitionFaults);
        Assert.Equal(Errno.None, _engine.Swap.SwitchOff(device!));
    }

    [Fact]
    public void AWriteThatBringsAWatchedPageBackFromThePageFileIsNoted()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        const AllocationTypes watched = ReserveAndCommit | AllocationTypes.WriteWatch;
        Assert.Equal(Win32Error.Success,
            _process.Memory.VirtualAlloc(default, 2 << 12, watched, PageProtection.ReadWrite, out VirtualAddress at));
        for (uint i = 0; i < 2; i++) Assert.True(_process.Access.TryWrite(at + (i << 12), 7, out _));
        Assert.Equal(Win32Error.Success, _process.Memory.ResetWriteWatch(at, 2 << 12));
        _process.WorkingSet.Empty();
        Assert.Equal(2, _machine.Threads.RunModifiedPageWriter(2));
        Assert.Equal(2u, _machine.Parts.Transitions.Release(2));

        Assert.True(_process.Access.TryRead(at + 4096, out int word, out _));
        Assert.True(_process.Access.TryWrite(at, 8, out _));
        PageNumber[] found = new PageNumber[2];
        Assert.Equal(Win32Error.Success, _process.Memory.GetWriteWatch(at, 2 << 12, resets: false, found, out int count));
        Assert.Equal((7, 1, at.Page), (word, count, found[0]));
    }

    [Fact]
    public void APageThatCannotBeReadBackRaisesAnInPageErrorAndKeepsNoFrame()
    {
        using MemorySwapStore store = new(1 << 20);
        FailingSwapStore failing = new(store);
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(failing, out _));
        WriteAll();
        _process.WorkingSet.Empty();
        Assert.Equal((int)Pages, _machine.Threads.RunModifiedPageWriter(100));
        Assert.Equal(Pages, _machine.Parts.Transitions.Release(Pages));
        FrameCount free = _engine.Frames.CountOf(FrameState.Free);
        for (int round = 0; round < 3; round++)
        {
            failing.ReadsFail = true;
            Assert.False(_process.Access.TryRead(_at, out int _, out MemoryException exception));
            Assert.Equal((NtStatus.InPageError, NtStatus.IoDeviceError), (exception.Code, exception.Reason));
            Assert.Equal((free, 0L), (_engine.Frames.CountOf(FrameState.Free), _process.WorkingSet.PageCount));
            AssertClean();
        }

        failing.ReadsFail = false;
        AssertAllThere();
    }

    [Fact]
    public void APageFileThatIsSwitchedOffLeavesItsStandbyPagesModified()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        WriteAll();
        _process.WorkingSet.Empty();
        Assert.Equal((int)Pages, _machine.Threads.RunModifiedPageWriter(100));
        Assert.Equal(Errno.None, _engine.Swap.SwitchOff(device!));
        AssertClean();
        Assert.Equal((0u, Pages), (CountOf(PageLocation.Standby), CountOf(PageLocation.Modified)));
        AssertAllThere();
    }

    [Fact]
    public void WithoutAPageFileModifiedPagesStay()
    {
        WriteAll();
        _process.WorkingSet.Empty();
        Assert.Equal(0, _machine.Threads.RunModifiedPageWriter(100));
        Assert.Equal(0u, _machine.Parts.Transitions.Release(100));
        Assert.Equal(Pages, CountOf(PageLocation.Modified));
        AssertAllThere();
    }

    [Fact]
    public void ProtectionsAndGuardsHoldForPagesInTransition()
    {
        WriteAll();
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualProtect(_at, 0x1000, PageProtection.ReadOnly, out _));
        _process.WorkingSet.Empty();
        Assert.Equal(Win32Error.Success,
            _process.Memory.VirtualProtect(_at + 0x1000, 0x1000, PageProtection.ReadWrite | PageProtection.Guard, out _));
        Assert.False(_process.Access.TryWrite(_at, 1, out _));
        Assert.False(_process.Access.TryRead(_at + 0x1000, out int _, out MemoryException guard));
        Assert.Equal(NtStatus.GuardPageViolation, guard.Code);
        AssertAllThere();
    }

    [Fact]
    public void FreedMemoryGivesItsTransitionFramesBack()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        FrameCount free = _engine.Frames.CountOf(FrameState.Free);
        WriteAll();
        _process.WorkingSet.Empty();
        _machine.Threads.RunModifiedPageWriter(5);
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualFree(_at, 0, AllocationTypes.Release));
        Assert.Equal((0u, 0u), (CountOf(PageLocation.Standby), CountOf(PageLocation.Modified)));
        Assert.Equal((free, 0u), (_engine.Frames.CountOf(FrameState.Free), device!.UsedSlotCount));
    }

    [Fact]
    public void LockedPagesStayAndUnusedOnesGrowOldAndGoFirst()
    {
        WriteAll();
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualLock(_at, 0x2000));
        _machine.Threads.RunBalanceSetManager();
        for (int second = 0; second < 4; second++)
        {
            for (uint i = 10; i < Pages; i++) Assert.True(_process.Access.TryRead(_at + (i << 12), out int _, out _));
            _machine.Threads.RunBalanceSetManager();
        }

        Assert.Equal((3, 0), (_process.Space.Ages[_at.Page], _process.Space.Ages[(_at + (12 << 12)).Page]));
        Assert.Equal(Win32Error.Success, _process.WorkingSet.SetSize(20, 20));
        Assert.Equal(4, _machine.Threads.RunBalanceSetManager());
        Assert.True(_process.Memory.IsInWorkingSet(_at.Page));
        for (uint i = 2; i < 6; i++) Assert.False(_process.Memory.IsInWorkingSet((_at + (i << 12)).Page));
        Assert.Equal(20, _process.WorkingSet.PageCount);
        AssertAllThere();
    }

    [Theory]
    [InlineData(0u, 100u, Win32Error.InvalidParameter)]
    [InlineData(200u, 100u, Win32Error.InvalidParameter)]
    [InlineData(uint.MaxValue, 100u, Win32Error.InvalidParameter)]
    [InlineData(1u, 1u, Win32Error.InvalidParameter)]    // 20 and 13
    [InlineData(1u, 40u, Win32Error.Success)]
    public void LimitsAreCheckedAsSetProcessWorkingSetSizeDoes(uint minimum, uint maximum, Win32Error expected) =>
        Assert.Equal(expected, _process.WorkingSet.SetSize(minimum, maximum));

    [Fact]
    public void PagesOfASectionStayInTheCacheWhenTheyAreTrimmed()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("section", 0x3000);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        Assert.Equal(Win32Error.Success, _process.Sections.CreateFileMapping(
            opened, PageProtection.ReadWrite, SectionFlags.None, 0, null, out SectionHandle section));
        Assert.Equal(Win32Error.Success, _process.Sections.MapViewOfFileEx(
            section, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress view));
        Assert.True(_process.Access.TryWrite(view, 0x1234, out _));
        _process.WorkingSet.Empty();
        Assert.False(_process.Memory.IsInWorkingSet(view.Page));
        Assert.True(_process.Access.TryRead(view, out int word, out _));
        Assert.Equal(0x1234, word);
    }

    [Fact]
    public void MemoryThatIsShortTakesStandbyPagesBeforeAnyWorkingSetLosesOne()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        WriteAll();
        _process.WorkingSet.Empty();
        using WindowsProcess other = _machine.CreateProcess("greedy");
        uint free = _engine.Frames.CountOf(FrameState.Free).Value;
        Assert.Equal(Win32Error.Success,
            other.Memory.VirtualAlloc(default, (free + 8) << 12, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress at));
        for (uint i = 0; i < free + 8; i++) Assert.True(other.Access.TryWrite(at + (i << 12), i, out _));
        Assert.True(_machine.TakePfnSnapshot().TakenFromStandby > 0);
        Assert.Equal(free + 8, (uint)other.WorkingSet.PageCount);
        AssertAllThere();
    }

    private void WriteAll()
    {
        for (uint i = 0; i < Pages; i++) Assert.True(_process.Access.TryWrite(_at + (i << 12), i + 1, out _));
    }

    private void AssertAllThere()
    {
        for (uint i = 0; i < Pages; i++)
        {
            Assert.True(_process.Access.TryRead(_at + (i << 12), out uint word, out _));
            Assert.Equal(i + 1, word);
        }

        AssertClean();
    }

    private uint CountOf(PageLocation location)
    {
        PfnSnapshot snapshot = _machine.TakePfnSnapshot();
        return (uint)snapshot.Entries.Count(entry => entry.Location == location && entry.Use == PfnUse.Private);
    }

    private void AssertClean()
    {
        AuditReport report = _engine.Audit();
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
        report = _machine.Audit();
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
    }
}
