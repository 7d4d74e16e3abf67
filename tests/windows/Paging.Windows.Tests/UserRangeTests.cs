using Paging.Core;
using Paging.Native;
using Paging.Windows.Spaces;

namespace Paging.Windows.Tests;

/// <summary>The map of a process: 2 GB or 3 GB, the shared user page, and addresses that are never valid.</summary>
public sealed class UserRangeTests : IDisposable
{
    private static readonly VirtualAddress SharedPage = SharedUserData.Address;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;

    public UserRangeTests() => _machine = WindowsMachine.Of(_engine);

    public void Dispose()
    {
        Assert.True(_machine.Audit().IsClean, _machine.Audit().ToString());
        Assert.True(_engine.Audit().IsClean, _engine.Audit().ToString());
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void AllProcessesSeeOneSharedPageAndNoneCanWriteIt()
    {
        using WindowsProcess first = _machine.CreateProcess("first"), second = _machine.CreateProcess("second");
        Assert.True(first.Access.TryRead(SharedPage + 0x260, out uint build, out _));
        Assert.Equal(19045u, build);
        FrameCount free = _engine.Frames.CountOf(FrameState.Free);
        Assert.True(second.Access.TryRead(SharedPage + 0x26C, out uint major, out _));
        Assert.Equal(10u, major);
        Assert.InRange((free - _engine.Frames.CountOf(FrameState.Free)).Value, 0u, 1u);    // a page table, no other frame
        Assert.False(second.Access.TryWrite(SharedPage, 1, out MemoryException exception));
        Assert.Equal(NtStatus.AccessViolation, exception.Code);
        Assert.Equal(0L, first.TakeRecord().CommitCharge);
    }

    [Theory]
    [InlineData(0x20000, 0)]
    [InlineData(0x20000, 0x18)]            // no whole granule
    [InlineData(0x0, 0x100)]               // the first 64 KB
    [InlineData(0x7FF00, 0x100)]           // the shared page and what follows
    [InlineData(0x20000, 0xFFFF_F000)]     // ends before it begins
    [InlineData(0x20000, 0xFFFF_0000)]
    public void AnArenaOfOtherAddressesIsRefused(uint first, uint count) =>
        Assert.Throws<ArgumentException>(() => _machine.CreateProcess("arena", new PageRange(new(first), new(count))));

    [Fact]
    public void TimePassesOnRequest()
    {
        _machine.UserData.Start(new DateTime(2021, 2, 3, 4, 5, 6, DateTimeKind.Utc), cookie: 0xC00C1E);
        using WindowsProcess process = _machine.CreateProcess("clock");
        Assert.True(process.Access.TryRead(SharedPage + 0x330, out uint cookie, out _));
        Assert.Equal(0xC00C1Eu, cookie);
        Assert.Equal(0L, Read(process, 0x320));
        _machine.UserData.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.Equal(64L, Read(process, 0x320));    // of 15.625 ms
        Assert.True(process.Access.TryRead(SharedPage + 4, out uint multiplier, out _));
        Assert.Equal(1000ul, (64ul * multiplier) >> 24);
        Assert.Equal(10_000_000L, Read(process, 0x008));
        DateTime now = new(2021, 2, 3, 4, 5, 7, DateTimeKind.Utc);
        Assert.Equal((now, now.ToFileTimeUtc()), (_machine.UserData.Now, Read(process, 0x014)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _machine.UserData.Advance(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _machine.UserData.Advance(TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => _machine.UserData.Start(DateTime.MinValue, 0));
    }

    [Theory]
    [InlineData(false, false, 0x7FFF_0000u)]
    [InlineData(false, true, 0x7FFF_0000u)]
    [InlineData(true, false, 0x7FFF_0000u)]
    [InlineData(true, true, 0xBFFF_0000u)]
    public void ThreeGigabytesTakeTheBootOptionAndTheImage(bool isBooted, bool isAware, uint limit)
    {
        _machine.HasLargeUserRange = isBooted;
        using WindowsProcess process = _machine.CreateProcess("large", arena: null, isAware);
        Assert.Equal(limit, process.AddressLimit.Value);
        const AllocationTypes types = AllocationTypes.Reserve | AllocationTypes.Commit | AllocationTypes.TopDown;
        process.Memory.VirtualAlloc(default, 0x1_0000, types, PageProtection.ReadWrite, out VirtualAddress highest);
        Assert.Equal(limit - 0x2_0000, highest.Value);    // below the granule of the shared page, or the reserved one
        Assert.True(process.Access.TryWrite(highest, 1, out _));
        Assert.Equal(Win32Error.InvalidParameter, process.Memory.VirtualQuery(new(limit), out _));
        Assert.False(process.Access.TryRead(new VirtualAddress(limit), out byte _, out _));    // no-man's-land
        Assert.False(process.Access.TryRead(new VirtualAddress(0xFFFF), out byte _, out _));
    }

    [Fact]
    public void TheSelfMapShowsTheEntriesOfPagesAboveTwoGigabytes()
    {
        _machine.HasLargeUserRange = true;
        using WindowsProcess process = _machine.CreateProcess("large", arena: null, isLargeAddressAware: true);
        const AllocationTypes types = AllocationTypes.Reserve | AllocationTypes.Commit;
        process.Memory.VirtualAlloc(new(0xA000_0000), 0x1000, types, PageProtection.ReadWrite, out VirtualAddress at);
        Assert.True(process.Access.TryWrite(at, 1, out _));
        VirtualAddress entry = SelfMap.AddressOfEntry(TableFormat.Classic, at.Page);
        Assert.Equal(0xC028_0000u, entry.Value);
        Assert.True(process.TryReadSelfMap(entry, out uint word));
        Assert.Equal(0x67u, word & 0x67);    // present, writable, the user's, accessed, dirty
        Assert.False(process.Access.TryRead(entry, out uint _, out _));    // the system's: programs cannot read it
    }

    [Fact]
    public void ThePageComesBackAfterItWasTrimmedAndPagedOut()
    {
        using WindowsProcess process = _machine.CreateProcess("trimmed");
        Assert.True(process.Access.TryRead(SharedPage + 0x260, out uint _, out _));
        Assert.Equal(Win32Error.Success, process.WorkingSet.Empty());
        Assert.False(process.Memory.IsInWorkingSet(SharedPage.Page));
        _machine.UserData.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(64L, Read(process, 0x320));
    }

    private static long Read(WindowsProcess process, uint offset)
    {
        Assert.True(process.Access.TryRead(SharedPage + offset, out long value, out _));
        Assert.True(process.Access.TryRead(SharedPage + offset + 8, out int again, out _));
        Assert.Equal((int)(value >> 32), again);
        return value;
    }
}
