using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>While a fault reads a slow file, other threads go on, and the fault looks at everything again when it returns.</summary>
public sealed class OutsideReadTests : IDisposable
{
    private const uint Pages = 8;

    private readonly Gate _gate = new();
    private readonly ThreadedEngine _world = new(new() { RamBytes = 16 << 20, ReadAheadPages = 0 });
    private readonly SlowBacking _backing;
    private readonly GuestFile _file;
    private readonly int _descriptor;
    private readonly VirtualAddress _at;

    public OutsideReadTests()
    {
        _backing = new((int)Pages, _gate);
        _file = _world.Engine.Files.CreateFile("slow", _backing);
        Assert.Equal(Errno.None, _file.Open(_world.Process, FileRights.ReadWrite, out _descriptor));
        _at = MapFile(_world.Process, MapFlags.Shared);
    }

    public void Dispose()
    {
        _gate.Open();
        _world.Dispose();    // audits
        _gate.Dispose();
    }

    [Fact]
    public void OtherThreadsGoOnAndTheFaultIsAMajorOne()
    {
        Reader reader = Read(_at + 0x3000);
        _gate.AwaitArrival();
        VirtualAddress near = _world.Map(4);
        _world.Run(2, (number, processor) =>
        {
            for (uint i = 0; i < 100; i++)
            {
                _world.Mmu.Write(near + ((uint)number << 12), i);
                processor.Poll();
            }
        });
        Assert.Equal(Errno.None, _world.Memory.Unmap(near, 4 << 12));
        UserProcess child = _world.Process.Fork();
        child.Dispose();
        Assert.False(reader.IsDone);
        long major = _world.Memory.Faults.Major;
        _gate.Open();
        Assert.Equal(3, reader.Await());
        Assert.Equal(major + 1, _world.Memory.Faults.Major);
        Assert.Equal(1, _gate.Reads);
        Assert.Equal((1L, 1L), (_world.Engine.Files.CacheCounters.BackingReads, _world.Engine.Files.CacheCounters.PagesRead));
        Assert.False(_world.Memory.HasPendingAccess);
    }

    [Fact]
    public void ASecondAccessWaitsForTheReadOfItsPage()
    {
        Reader first = Read(_at + 0x2000), second = Read(_at + 0x2123);
        _gate.AwaitArrival();
        _world.AwaitAway(2);
        _gate.Open();
        Assert.Equal(2, first.Await());
        Assert.Equal(2, second.Await());
        Assert.Equal(1, _gate.Reads);
    }

    [Fact]
    public void APageThatIsTruncatedMeanwhileIsABusError()
    {
        Reader reader = Read(_at + 0x5000);
        _gate.AwaitArrival();
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.SetLength(_descriptor, 4096));
        _gate.Open();
        Assert.Equal(-(int)MemoryFaultKind.BusError, reader.Await());
    }

    /// <summary>The bytes that were read are from before, so they are read once more.</summary>
    [Fact]
    public void WritesMeanwhileAreSeen()
    {
        Reader reader = Read(_at + 0x4000);
        _gate.AwaitArrival();
        byte[] page = new byte[4096];
        page.AsSpan().Fill(99);
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.Write(_descriptor, 0x4000, page, out _));
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.Synchronize(_descriptor));
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.Advise(_descriptor, 0, 0, FileAdvice.DontNeed));
        _gate.Open();
        Assert.True(reader.Await() == 99, "T14: what was read before the write is used after it.");
        Assert.Equal(2, _gate.Reads);
    }

    [Fact]
    public void BytesCutOffMeanwhileAndGrownAgainAreZeros()
    {
        Reader reader = Read(_at + 0x4000);
        _gate.AwaitArrival();
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.SetLength(_descriptor, 4096));
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.SetLength(_descriptor, Pages << 12));
        _gate.Open();
        Assert.Equal(0, reader.Await());
        Assert.Equal(2, _gate.Reads);
    }

    [Fact]
    public void AHoleThatIsPunchedMeanwhileReadsAsZeros()
    {
        Reader reader = Read(_at + 0x4000);
        _gate.AwaitArrival();
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.PunchHole(_descriptor, 0x4000, 0x1000));
        _gate.Open();
        Assert.Equal(0, reader.Await());
    }

    [Fact]
    public void MemoryThatIsUnmappedMeanwhileIsNotMapped()
    {
        Reader reader = Read(_at + 0x4000);
        _gate.AwaitArrival();
        Assert.Equal(Errno.None, _world.Memory.Unmap(_at, Pages << 12));
        _gate.Open();
        Assert.Equal(-(int)MemoryFaultKind.NotMapped, reader.Await());
    }

    [Fact]
    public void AFileThatGoesMeanwhileIsClosedAfterItsLastRead()
    {
        Reader reader = Read(_at + 0x4000);
        _gate.AwaitArrival();
        Assert.Equal(Errno.None, _world.Memory.Unmap(_at, Pages << 12));
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.Close(_descriptor));
        _file.Dispose();
        Assert.False(_backing.IsDisposed);
        _gate.Open();
        Assert.Equal(-(int)MemoryFaultKind.NotMapped, reader.Await());
        Assert.True(_backing.IsDisposed);
    }

    [Fact]
    public void AProcessThatExitsMeanwhileLeavesNothing()
    {
        UserProcess process = _world.Engine.CreateProcess("short");
        Assert.Equal(Errno.None, _file.Open(process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None,
            process.Memory.Map(default, Pages << 12, MemoryProtection.Read, MapFlags.Shared, descriptor, 0, out VirtualAddress at));
        Reader reader = Read(at, process);
        _gate.AwaitArrival();
        process.Dispose();
        _gate.Open();
        Assert.NotEqual(0, reader.AwaitEnd());
        Assert.Empty(_world.Engine.Audit().Findings);
    }

    [Fact]
    public void AReadThatFailsIsABusErrorOfItsThreadAlone()
    {
        _backing.Error = Errno.EIO;
        Reader reader = Read(_at + 0x4000);
        _gate.AwaitArrival();
        _gate.Open();
        Assert.Equal(-(int)MemoryFaultKind.BusError, reader.Await());
        Assert.Equal(1, _gate.Reads);
        _backing.Error = Errno.None;
        Assert.Equal(4, Read(_at + 0x4000).Await());
    }

    [Fact]
    public void AnExceptionOfABackingReachesItsOwnThread()
    {
        _backing.Failure = new InvalidTimeZoneException("the disk is on fire");
        Reader reader = Read(_at + 0x4000);
        _gate.AwaitArrival();
        VirtualAddress near = _world.Map(1);
        _gate.Open();
        Assert.Equal("the disk is on fire", Assert.Throws<InvalidTimeZoneException>(() => reader.Await()).Message);
        Assert.Equal(Errno.None, _world.Memory.Unmap(near, 4096));
        _backing.Failure = null;
        Assert.Equal(4, Read(_at + 0x4000).Await());
    }

    [Fact]
    public void ACallReadsWhereItIs()
    {
        _gate.Open();
        byte[] bytes = new byte[1];
        Assert.Equal(Errno.None, _world.Process.FileDescriptors.Read(_descriptor, 0x3000, bytes, out _));
        Assert.Equal(3, bytes[0]);
        Assert.Equal(Errno.None, _world.Memory.Advise(_at, Pages << 12, MemoryAdvice.PopulateRead));
        Assert.Equal(7, Read(_at + 0x7000).Await());
    }

    [Fact]
    public void AnEngineInWhichAThreadReadsCannotBeDisposed()
    {
        Reader reader = Read(_at + 0x1000);
        _gate.AwaitArrival();
        Assert.Throws<InvalidOperationException>(() => _world.Engine.Dispose());
        _gate.Open();
        Assert.Equal(1, reader.Await());
    }

    [Fact]
    public void WhileHoldsAreRecordedReadsKeepTheirHold()
    {
        _gate.Open();
        _world.Engine.Threads.RecordOrder();
        Assert.Equal(6, Read(_at + 0x6000).Await());
        Assert.True(_world.Engine.Threads.StopOrder().Count > 0);
    }

    /// <summary>A window around the page, and the next one when its mark is used: each in one read.</summary>
    [Fact]
    public void AWindowIsReadAtOnce()
    {
        const int Long = 200;
        using ThreadedEngine world = new(new() { RamBytes = 16 << 20, ReadAheadPages = 32, FaultAroundPages = 1 });
        _gate.Open();
        GuestFile file = world.Engine.Files.CreateFile("long", new SlowBacking(Long, _gate));
        Assert.Equal(Errno.None, file.Open(world.Process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, world.Memory.Map(
            default, Long << 12, MemoryProtection.Read, MapFlags.Shared, descriptor, 0, out VirtualAddress at));
        long allocated = 0;
        world.Run(1, (_, processor) =>
        {
            for (uint page = 0; page < Long; page++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                byte value = world.Mmu.Read<byte>(at + (page << 12));
                if (page > 100) allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.Equal((byte)page, value);
                processor.Poll();
            }
        });
        Assert.InRange(_gate.Reads, 6, 12);    // 200 pages, 32 at a time
        Assert.Equal(0, allocated);
        Assert.Equal(Long, world.Engine.Files.CacheCounters.PagesRead);
    }

    /// <summary>A page registered with a userfaultfd is not read: the access returns Pending at once.</summary>
    [Fact]
    public void AReportedPageIsNotRead()
    {
        VirtualAddress at = _world.Map(2);
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open();
        World.Succeeds(faults.Register(at, 8192, UserfaultModes.Missing));
        Assert.Equal(-(int)MemoryFaultKind.Pending, Read(at + 4096).Await());
        Assert.Equal((1, 0), (faults.UnreadCount, _gate.Reads));
    }

    private VirtualAddress MapFile(UserProcess process, MapFlags flags)
    {
        Errno error = process.Memory.Map(
            default, Pages << 12, MemoryProtection.ReadWrite, flags, _descriptor, 0, out VirtualAddress at);
        return error == Errno.None ? at : throw new InvalidOperationException($"mmap: {error}");
    }

    private Reader Read(VirtualAddress at, UserProcess? process = null) => new(_world.Engine, process ?? _world.Process, at);
}
