using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Programs.Cores;
using Paging.Reports;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>Processes of both systems on one machine: one page cache, one RAM, one commitment.</summary>
public sealed class TwoSystemsTests : IDisposable
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;

    public TwoSystemsTests() => _machine = WindowsMachine.Of(_engine);

    public void Dispose()
    {
        AssertClean();
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void AMappingOfLinuxAViewAndAWriteSeeTheSameBytesAtOnce()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("shared", 0x3000);
        using UserProcess linux = _engine.CreateProcess("linux");
        using WindowsProcess windows = _machine.CreateProcess("windows");
        Assert.Equal(Errno.None, file.Open(linux, FileRights.ReadWrite, out int descriptor));
        MemoryProtection both = MemoryProtection.Read | MemoryProtection.Write;
        Assert.Equal(Errno.None, linux.Memory.Map(default, 0x3000, both, MapFlags.Shared, descriptor, 0, out VirtualAddress mapped));
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        VirtualAddress view = MapWhole(windows, opened, SectionAccess.MapWrite);

        Assert.True(windows.Access.TryWrite(view + 0x1004, 0x1234_5678u, out _));
        Assert.Equal(0x1234_5678u, linux.Memory.Mmu.Read<uint>(mapped + 0x1004));
        linux.Memory.Mmu.Write(mapped + 0x2000, (byte)7);
        Assert.True(windows.Access.TryRead(view + 0x2000, out byte seven, out _));
        Assert.Equal(7, seven);
        Assert.Equal(Win32Error.Success, opened.WriteFile(0x10, [9], out _));
        Assert.True(windows.Access.TryRead(view + 0x10, out byte nine, out _));
        Assert.Equal((9, 9), (nine, linux.Memory.Mmu.Read<byte>(mapped + 0x10)));
        AssertClean();
    }

    /// <summary>What reads any process reads this one, too: maps, smaps, and a core file with every byte.</summary>
    [Fact]
    public void ReportsAndCoreFilesShowTheAllocations()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("mapped.dat", 0x3000);
        Assert.Equal(Errno.None, file.Write(0x1000, [7, 8, 9], out _));
        using WindowsProcess windows = _machine.CreateProcess("windows");
        Win32Error error = windows.Memory.VirtualAlloc(default, 0x5000, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress own);
        Assert.Equal(Win32Error.Success, error);
        Assert.True(windows.Access.TryWrite(own, 42, out _));
        Assert.True(windows.Access.TryWrite(own + 0x3000, 43, out _));
        Assert.Equal(Win32Error.Success, windows.Memory.VirtualProtect(own + 0x3000, 0x1000,
            PageProtection.ReadWrite | PageProtection.Guard, out _));
        error = windows.Memory.VirtualAlloc(default, 0x2_0000, AllocationTypes.Reserve, PageProtection.ReadOnly,
            out VirtualAddress reserved);
        Assert.Equal(Win32Error.Success, error);
        VirtualAddress view = MapWhole(windows, _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write),
            SectionAccess.MapWrite);
        Assert.True(windows.Access.TryRead(view + 0x1001, out byte eight, out _));
        Assert.Equal(8, eight);

        AddressSpace memory = windows.User.Memory;
        string[] maps = [.. memory.FormatMaps().Split('\n').Where(line => IsAt(line, own, 5) || IsAt(line, reserved, 32)
            || IsAt(line, view, 3))
            .Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Equal(5, maps.Length);
        Assert.Contains($"{own.Value:x8}-{own.Value + 0x3000:x8} rw-p 00000000 00:00 0", maps, StringComparer.Ordinal);
        Assert.Contains($"{own.Value + 0x3000:x8}-{own.Value + 0x4000:x8} ---p 00000000 00:00 0", maps, StringComparer.Ordinal);    // guard
        Assert.Contains($"{reserved.Value:x8}-{reserved.Value + 0x2_0000:x8} ---p 00000000 00:00 0", maps, StringComparer.Ordinal);
        Assert.Contains(maps, line => line.StartsWith($"{view.Value:x8}-{view.Value + 0x3000:x8} rw-s 00000000 ", StringComparison.Ordinal)
            && line.EndsWith(" mapped.dat", StringComparison.Ordinal));
        Assert.Equal(1UL << 12, memory.Areas.FootprintAt(own.Page).Resident);
        Assert.Equal(1UL << 12, memory.Areas.FootprintAt(view.Page).Resident);
        Assert.Contains("Rss:                   4 kB", memory.FormatSmaps(), StringComparison.Ordinal);

        using MemoryStream stream = new();
        CoreWriter.Write(windows.User, stream, new() { Contents = (CoreContents)0xFF });
        stream.Position = 0;
        using CoreFile core = CoreFile.Open(stream);
        byte[] bytes = new byte[4];
        foreach ((VirtualAddress at, int value) in (ReadOnlySpan<(VirtualAddress, int)>)[(own, 42), (own + 0x1000, 0), (own + 0x3000,
            43), (view + 0x1000, 0x090807)])
        {
            Assert.Equal(4, core.Read(at, bytes));
            Assert.Equal((at, value), (at, BitConverter.ToInt32(bytes)));
        }

        Assert.Equal("mapped.dat", core.FindArea(view)!.FileName);
        Assert.False(windows.Access.TryRead(own + 0x3000, out int _, out MemoryException guard));    // no report has used the guard up
        Assert.Equal(NtStatus.GuardPageViolation, guard.Code);
        Assert.Throws<InvalidOperationException>(() => memory.ClearReferences(ReferenceKind.SoftDirty));
    }

    private static bool IsAt(string line, VirtualAddress start, uint pages) => line.Length > 8
        && uint.Parse(line[..8], System.Globalization.NumberStyles.HexNumber) - start.Value < pages << 12;

    [Fact]
    public void AFileThatLinuxCutsRaisesAnInPageErrorInAView()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("cut", 0x2000);
        using WindowsProcess windows = _machine.CreateProcess("windows");
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        VirtualAddress view = MapWhole(windows, opened, SectionAccess.MapWrite);
        Assert.True(windows.Access.TryWrite(view + 0x1000, 1, out _));
        Assert.Equal(Win32Error.UserMappedFile, opened.SetEndOfFile(0x1000));
        Assert.Equal(Errno.None, file.SetLength(0x1000));
        Assert.False(windows.Access.TryRead(view + 0x1000, out int _, out MemoryException exception));
        Assert.Equal(NtStatus.InPageError, exception.Code);
    }

    [Fact]
    public void PagesOfBothGoToThePageFileAndComeBack()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out SwapDevice? device));
        using UserProcess linux = _engine.CreateProcess("linux");
        using WindowsProcess windows = _machine.CreateProcess("windows");
        const uint pages = 400;    // of the 512 frames, each
        MapFlags anonymous = MapFlags.Private | MapFlags.Anonymous;
        MemoryProtection both = MemoryProtection.Read | MemoryProtection.Write;
        Assert.Equal(Errno.None, linux.Memory.Map(default, pages << 12, both, anonymous, out VirtualAddress mapped));
        Assert.Equal(Win32Error.Success,
            windows.Memory.VirtualAlloc(default, pages << 12, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress allocated));
        for (uint i = 0; i < pages; i++)
        {
            linux.Memory.Mmu.Write(mapped + (i << 12), i);
            Assert.True(windows.Access.TryWrite(allocated + (i << 12), ~i, out _));
        }

        AssertClean();
        Assert.Contains(windows.TakeSnapshot().Vads, static vad => vad.PagedOut > 0);
        for (uint i = 0; i < pages; i++)
        {
            Assert.True(windows.Access.TryRead(allocated + (i << 12), out uint word, out _));
            Assert.Equal((~i, i), (word, linux.Memory.Mmu.Read<uint>(mapped + (i << 12))));
        }

        AssertClean();
        linux.Dispose();
        Assert.Equal(Errno.None, _engine.Swap.SwitchOff(device!));    // brings back what Windows has there, in its own words
        AssertClean();
        for (uint i = 0; i < pages; i++)
        {
            Assert.True(windows.Access.TryRead(allocated + (i << 12), out uint word, out _));
            Assert.Equal(~i, word);
        }
    }

    [Fact]
    public void ProtectionsOfPagesSurviveThePageFile()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        using WindowsProcess windows = _machine.CreateProcess("windows");
        VirtualMemory memory = windows.Memory;
        Assert.Equal(Win32Error.Success, memory.VirtualAlloc(default, 0x3000, ReserveAndCommit, PageProtection.ReadWrite,
            out VirtualAddress at));
        for (uint i = 0; i < 3; i++) Assert.True(windows.Access.TryWrite(at + (i << 12), i + 1, out _));
        Assert.Equal(Win32Error.Success, memory.VirtualProtect(at, 0x1000, PageProtection.ReadOnly | PageProtection.Guard, out _));
        Assert.Equal(Win32Error.Success, memory.VirtualProtect(at + 0x1000, 0x1000, PageProtection.ExecuteRead, out _));
        Assert.Equal(Win32Error.Success, memory.VirtualAlloc(default, 700 << 12, ReserveAndCommit, PageProtection.ReadWrite,
            out VirtualAddress other));
        for (uint round = 0; round < 3; round++)
            for (uint i = 0; i < 700; i++) Assert.True(windows.Access.TryWrite(other + (i << 12), i, out _));
        AssertClean();
        Assert.False(memory.IsInWorkingSet(at.Page));
        Assert.Equal(Win32Error.Success, memory.VirtualQuery(at, out MemoryBasicInformation guard));
        Assert.Equal(PageProtection.ReadOnly | PageProtection.Guard, guard.Protection);
        Assert.False(windows.Access.TryRead(at, out int _, out MemoryException exception));
        Assert.Equal(NtStatus.GuardPageViolation, exception.Code);
        Assert.True(windows.Access.TryRead(at, out int one, out _));
        Assert.Equal(1, one);
        Assert.False(windows.Access.TryWrite(at + 0x1000, 5, out _));
        Assert.True(windows.Access.TryFetch(at + 0x1000, out byte two, out _));
        Assert.Equal(2, two);
    }

    [Fact]
    public void CommitmentIsStrictAndExact()
    {
        using WindowsProcess windows = _machine.CreateProcess("windows");
        (long committed, long limit) = _machine.Commitment;
        uint left = (uint)(limit - committed);
        VirtualMemory memory = windows.Memory;
        Assert.Equal(Win32Error.Success, memory.VirtualAlloc(default, 0x4000_0000, AllocationTypes.Reserve, PageProtection.ReadWrite,
            out VirtualAddress at));
        Assert.Equal(Win32Error.CommitmentLimit,
            memory.VirtualAlloc(default, (left + 1) << 12, ReserveAndCommit, PageProtection.ReadWrite, out _));
        Assert.Equal(Win32Error.Success, memory.VirtualAlloc(default, left << 12, ReserveAndCommit, PageProtection.ReadWrite,
            out VirtualAddress all));
        Assert.Equal(Win32Error.CommitmentLimit, memory.VirtualAlloc(at, 1, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        Assert.Equal(Win32Error.CommitmentLimit, windows.Sections.CreateFileMapping(null, PageProtection.ReadWrite, SectionFlags.None,
            1, null, out _));
        Assert.Equal(Win32Error.Success, memory.VirtualFree(all, 0x1000, AllocationTypes.Decommit));
        Assert.Equal(Win32Error.Success, memory.VirtualAlloc(at, 1, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        AssertClean();
    }

    /// <summary>A view that is refused charges nothing: for its copies, for the pages that it commits, for one after the other.</summary>
    [Fact]
    public void ARefusedViewLeavesNoCharge()
    {
        using WindowsProcess windows = _machine.CreateProcess("windows");
        for (uint left = 140; left > 0; left -= 20)    // of 64 pages for copies and 64 that are committed
        {
            Assert.Equal(Win32Error.Success, windows.Sections.CreateFileMapping(
                null, PageProtection.WriteCopy, SectionFlags.Reserve, 64 << 12, null, out SectionHandle section));
            (long committed, long limit) = _machine.Commitment;
            Assert.Equal(Win32Error.Success, windows.Memory.VirtualAlloc(
                default, ((uint)(limit - committed) - left) << 12, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress all));
            (long Committed, long Limit) before = _machine.Commitment;
            VirtualAddress view = default;
            uint length = 64 << 12;
            NtStatus status = windows.Native.NtMapViewOfSection(section, ref view, 0, 64 << 12, 0, ref length, AllocationTypes.None,
                PageProtection.WriteCopy);
            Assert.Equal(left >= 128 ? NtStatus.Success : NtStatus.CommitmentLimit, status);
            AssertClean();
            if (status == NtStatus.Success) Assert.Equal(Win32Error.Success, windows.Sections.UnmapViewOfFile(view));
            else Assert.Equal(before, _machine.Commitment);
            Assert.Equal(Win32Error.Success, windows.Memory.VirtualFree(all, 0, AllocationTypes.Release));
            Assert.Equal(Win32Error.Success, windows.Sections.CloseHandle(section));
        }
    }

    [Fact]
    public void WithoutAPageFileAFaultThatFindsNoFrameIsAnInPageError()
    {
        using WindowsProcess windows = _machine.CreateProcess("windows");
        Assert.Equal(Win32Error.Success,
            windows.Memory.VirtualAlloc(default, 500 << 12, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress at));
        Assert.True(_engine.Frames.TryTake(order: 5, out FrameNumber device));    // committed memory has too few frames now
        MemoryException exception = default;
        for (uint i = 0; i < 500 && exception == default; i++) windows.Access.TryWrite(at + (i << 12), i, out exception);
        Assert.NotEqual(default, exception);
        Assert.Equal((NtStatus.InPageError, NtStatus.NoMemory), (exception.Code, exception.Reason));
        _engine.Frames.Return(device, order: 5);
    }

    [Fact]
    public void CallsOfLinuxOnAWindowsProcessAreRefused()
    {
        using WindowsProcess windows = _machine.CreateProcess("windows");
        UserProcess same = _engine.Processes.Single(process => process.Id == windows.Id);
        MapFlags anonymous = MapFlags.Private | MapFlags.Anonymous;
        Assert.Throws<InvalidOperationException>(() => same.Memory.Map(default, 0x1000, MemoryProtection.Read, anonymous, out _));
        Assert.Throws<InvalidOperationException>(() => same.Fork(out _));
        Assert.Throws<InvalidOperationException>(() => same.TakeSnapshot());
    }

    [Fact]
    public void AProcessThatEndsGivesEverythingBack()
    {
        (long before, _) = _machine.Commitment;
        FrameCount free = _engine.Frames.CountOf(FrameState.Free);
        WindowsProcess first = _machine.CreateProcess("first"), second = _machine.CreateProcess("second");
        Assert.Equal(Win32Error.Success, first.Sections.CreateFileMapping(null, PageProtection.ReadWrite, SectionFlags.None, 0x8000,
            "x", out SectionHandle mine));
        Assert.Equal(Win32Error.Success, second.Sections.OpenFileMapping(SectionAccess.All, "x", out SectionHandle theirs));
        foreach ((WindowsProcess process, SectionHandle handle) in ((WindowsProcess, SectionHandle)[])[(first, mine), (second, theirs)])
        {
            Assert.Equal(Win32Error.Success, process.Sections.MapViewOfFileEx(handle, SectionAccess.Query, 0, 0, default,
                out VirtualAddress view));
            for (uint i = 0; i < 8; i++) Assert.True(process.Access.TryWrite(view + (i << 12), i, out _));
        }

        Assert.Single(_machine.Sections);
        first.Dispose();
        AssertClean();
        second.Dispose();
        Assert.Empty(_machine.Sections);
        FrameCount ofSharedPage = new(1);    // the shared user page stays as long as the machine
        Assert.Equal((before, free - ofSharedPage), (_machine.Commitment.Committed, _engine.Frames.CountOf(FrameState.Free)));
    }

    private static VirtualAddress MapWhole(WindowsProcess process, WindowsFile file, SectionAccess access)
    {
        Assert.Equal(Win32Error.Success,
            process.Sections.CreateFileMapping(file, PageProtection.ReadWrite, SectionFlags.None, 0, null, out SectionHandle section));
        Assert.Equal(Win32Error.Success, process.Sections.MapViewOfFileEx(section, access, 0, 0, default, out VirtualAddress view));
        return view;
    }

    private void AssertClean()
    {
        AuditReport report = _engine.Audit();
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
        report = _machine.Audit();
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
    }
}
