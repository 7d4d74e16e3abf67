using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>What belongs to an address space belongs to that of a Windows process, too; and it forbids nothing to others.</summary>
public sealed class BesideFeaturesTests : IDisposable
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20, ShareRam = true });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;

    public BesideFeaturesTests()
    {
        _machine = WindowsMachine.Of(_engine);
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(4 << 20, "pagefile.sys"), out _));
        _process = _machine.CreateProcess("windows");
    }

    private UserProcess User => _process.User;

    public void Dispose()
    {
        AssertClean();
        _process.Dispose();
        AssertClean();
        _machine.Dispose();
        _engine.Dispose();
    }

    [Theory]
    [InlineData(WriteSources.Mmu)]
    [InlineData(WriteSources.Processor)]
    public void ALogHasEachPageThatIsWritten(WriteSources sources)
    {
        VirtualAddress at = Allocate(8);
        Write(at, 1);
        using DirtyLog log = User.Memory.OpenDirtyLog(sources);
        Write(at, 2);
        Write(at + 0x3000, 3);
        Assert.True(_process.Access.TryRead(at + 0x5000, out int _, out _));
        AssertLogged(log, at.Page, at.Page + new PageCount(3));

        Protect(at, PageProtection.ReadOnly);
        Assert.False(_process.Access.TryWrite(at, 4, out _));
        Protect(at, PageProtection.ReadWrite);
        Write(at, 5);
        AssertLogged(log, at.Page);

        _process.WorkingSet.Empty();
        Assert.True(_process.Access.TryRead(at, out int five, out _));
        Assert.Equal(5, five);
        AssertLogged(log);    // to leave the working set and come back is no write
        Write(at, 6);
        AssertLogged(log, at.Page);
        AssertClean();
    }

    [Theory]
    [InlineData(WriteSources.Mmu)]
    [InlineData(WriteSources.Processor)]
    public void ALogHasTheCopyOfAPageOfASection(WriteSources sources)
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("file", 0x4000);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        Assert.Equal(Win32Error.Success,
            _process.Sections.CreateFileMapping(opened, PageProtection.WriteCopy, default, 0, null, out SectionHandle handle));
        Assert.Equal(Win32Error.Success,
            _process.Sections.MapViewOfFileEx(handle, SectionAccess.Query, 0, 0, default, out VirtualAddress at));
        Assert.True(_process.Access.TryRead(at, out int _, out _));
        using DirtyLog log = User.Memory.OpenDirtyLog(sources);
        Write(at, 2);
        AssertLogged(log, at.Page);
        AssertClean();
    }

    [Fact]
    public void APinKeepsItsPageFromTheWorkingSetManagerAndTheProgram()
    {
        VirtualAddress at = Allocate(4);
        Write(at, 41);
        Write(at + 0x1000, 42);
        using WritablePin pin = User.PinForWriting(at, 0x1000);
        _process.WorkingSet.Empty();
        Assert.Equal(1u, _process.TakeRecord().WorkingSet);
        pin.WritableParts[0].Span[0] = 43;
        Assert.True(_process.Access.TryRead(at, out int seen, out _));
        Assert.Equal(43, seen);

        VirtualAddress start = at;
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualFree(start, 0x1000, AllocationTypes.Decommit));
        AssertClean();
        Assert.Equal(43, pin.Parts[0].Span[0]);
    }

    [Fact]
    public void APinForReadingOfACopiedPageStaysItsPage()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("file", 0x4000);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        Assert.Equal(Win32Error.Success,
            _process.Sections.CreateFileMapping(opened, PageProtection.WriteCopy, default, 0, null, out SectionHandle handle));
        Assert.Equal(Win32Error.Success,
            _process.Sections.MapViewOfFileEx(handle, SectionAccess.Query, 0, 0, default, out VirtualAddress at));
        using PinnedMemory pin = User.Pin(at, 8, AccessKind.Read);
        Write(at, 77);
        Assert.Equal(77, pin.Parts[0].Span[0]);
    }

    [Fact]
    public void APinOutlivesTheProcess()
    {
        WindowsProcess other = _machine.CreateProcess("other");
        Assert.Equal(Win32Error.Success,
            other.Memory.VirtualAlloc(default, 0x1000, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress at));
        Assert.True(other.Access.TryWrite(at, 7, out _));
        using PinnedMemory pin = other.User.Pin(at, 8, AccessKind.Read);
        other.Dispose();
        AssertClean();
        Assert.Equal(7, pin.Parts[0].Span[0]);
    }

    [Fact]
    public void AFlatViewShowsThePagesThatAreThere()
    {
        VirtualAddress at = Allocate(4);
        Write(at, 11);
        using FlatView view = User.OpenFlatView(new(at.Page, new(4)));
        Assert.Equal(11, view.Bytes(at, 1)[0]);
        Write(at, 12);
        Write(at + 0x2000, 13);
        Assert.Equal((12, 0), (view.Bytes(at, 1)[0], view.Bytes(at + 0x2000, 1)[0]));
        view.Refresh();
        Assert.Equal(13, view.Bytes(at + 0x2000, 1)[0]);
        Protect(at, PageProtection.NoAccess);
        Assert.False(view.IsCurrent);
        view.Refresh();
        Assert.Equal(0, view.Bytes(at, 1)[0]);
    }

    [Fact]
    public void MarkedBytesRefuseAccessesAsViolations()
    {
        VirtualAddress at = Allocate(4);
        Write(at, 1);
        Assert.False(_process.Access.TryRead(new VirtualAddress(0x10), out int _, out _));    // leaves an exception of its own
        ByteShadow shadow = User.Memory.OpenByteShadow();
        Assert.Equal(Errno.None, shadow.Mark(at + 0x10, 4, ByteState.Unaddressable));
        Assert.Equal(Errno.ENOMEM, shadow.Mark(at + 0x4000, 4, ByteState.Unaddressable));    // not committed
        Assert.False(_process.Access.TryRead(at + 0x10, out int _, out MemoryException refused));
        Assert.Equal((NtStatus.AccessViolation, at + 0x10), (refused.Code, refused.Address));
        Assert.Equal(Win32Error.PartialCopy, _process.Access.ReadProcessMemory(at + 0xC, new byte[8], out int count));
        Assert.Equal(4, count);
        AssertClean();

        Assert.Equal(Win32Error.Success, _process.Memory.VirtualFree(at, 0x1000, AllocationTypes.Decommit));
        Assert.Equal(ByteState.Good, shadow[at + 0x10]);
        Assert.Equal(Win32Error.Success,
            _process.Memory.VirtualAlloc(at, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        Assert.True(_process.Access.TryRead(at + 0x10, out int zero, out _));
        Assert.Equal(0, zero);
        shadow.Close();
    }

    [Fact]
    public void AWatchpointSeesItsAccesses()
    {
        VirtualAddress at = Allocate(1);
        int calls = 0;
        using Watchpoint watch = _process.Mmu.Watch(at + 4, 4, WatchedAccesses.Write, _ => calls++);
        Write(at, 1);
        Write(at + 4, 2);
        Assert.Equal(1, calls);
    }

    /// <summary>It goes on while the engine's other processes go back, also one that has begun since.</summary>
    [Fact]
    public void ASnapshotOfTheEngineLeavesItAsItIs()
    {
        VirtualAddress own = Allocate(2);
        Write(own, 1);
        using UserProcess linux = _engine.CreateProcess("linux");
        VirtualAddress at = linux.Memory.MapAnonymous(0x2000);
        linux.Memory.Mmu.Write(at, 1);
        using EngineSnapshot snapshot = _engine.TakeSnapshot();
        Assert.Equal(1, snapshot.ProcessCount);
        linux.Memory.Mmu.Write(at, 2);
        Write(own, 2);
        VirtualAddress section = MapSection(out SectionHandle _);
        Write(section, 5);
        UserProcess second = _engine.CreateProcess("second");
        WindowsProcess later = _machine.CreateProcess("later");
        AssertClean();

        Assert.Equal(Errno.None, snapshot.Restore());
        AssertClean();
        Assert.Equal(1, linux.Memory.Mmu.Read<int>(at));
        Assert.True(_process.Access.TryRead(own, out int two, out _));
        Assert.True(_process.Access.TryRead(section, out int five, out _));
        Assert.Equal((2, 5), (two, five));
        Assert.True(second.HasExited);
        Assert.False(later.HasExited);
        using UserProcess next = _engine.CreateProcess("next");
        Assert.True(next.Id > later.Id);    // its number is taken
        later.Dispose();
    }

    [Fact]
    public void WhatASectionWroteToAMemoryFileGoesBackWithTheFile()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("shared", 0x3000);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        Assert.Equal(Win32Error.Success,
            _process.Sections.CreateFileMapping(opened, PageProtection.ReadWrite, default, 0, null, out SectionHandle handle));
        Assert.Equal(Win32Error.Success,
            _process.Sections.MapViewOfFileEx(handle, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress view));
        Write(view, 1);
        using EngineSnapshot snapshot = _engine.TakeSnapshot();
        Write(view, 2);
        Write(view + 0x1000, 3);
        Assert.Equal(Errno.None, snapshot.Restore());
        AssertClean();
        Assert.True(_process.Access.TryRead(view, out int first, out _));
        Assert.True(_process.Access.TryRead(view + 0x1000, out int second, out _));
        Assert.Equal((1, 0), (first, second));
    }

    private VirtualAddress Allocate(uint pages)
    {
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualAlloc(
            default, pages << 12, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress at));
        return at;
    }

    private VirtualAddress MapSection(out SectionHandle handle)
    {
        Assert.Equal(Win32Error.Success,
            _process.Sections.CreateFileMapping(null, PageProtection.ReadWrite, default, 0x2000, null, out handle));
        Assert.Equal(Win32Error.Success,
            _process.Sections.MapViewOfFileEx(handle, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress at));
        return at;
    }

    private void Write(VirtualAddress at, int value) => Assert.True(_process.Access.TryWrite(at, value, out _));

    private void Protect(VirtualAddress at, PageProtection protection) =>
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualProtect(at, 0x1000, protection, out _));

    private static void AssertLogged(DirtyLog log, params PageNumber[] pages) =>
        Assert.Equal(pages, log.CollectDirty().ToArray().Order());

    private void AssertClean()
    {
        AuditReport report = _engine.Audit();
        Assert.True(report.IsClean, report.ToString());
        report = _machine.Audit();
        Assert.True(report.IsClean, report.ToString());
    }
}
