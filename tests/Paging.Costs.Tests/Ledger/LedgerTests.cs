using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Costs.Devices;
using Paging.Native;

namespace Paging.Costs.Tests;

/// <summary>What an engine does, priced by hand: each sum has only one way to come about.</summary>
public sealed class LedgerTests
{
    private static VirtualTime Ns(long nanoseconds) => Machine.Ns(nanoseconds);

    private static void AssertBetween(VirtualTime time, VirtualTime least, VirtualTime most) =>
        Assert.InRange(time.Picoseconds, least.Picoseconds, most.Picoseconds);

    [Fact]
    public void AFirstTouchIsAnExceptionAPageAndTwoWalks()
    {
        using Machine machine = new();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(4);
        machine.Store(process, at);
        CostAccount account = machine.Ledger.AccountOf(process);
        Assert.Equal(Ns(1_500), account[CostCause.MinorFaults]);
        Assert.Equal(Ns(200), account[CostCause.Copies]);
        // Two walks of two entries; the directory's and the table's lines come from memory once.
        Assert.Equal((Machine.LineMiss * 2) + (Machine.LineHit * 2), account[CostCause.Translation]);
        Assert.Equal(Machine.Access, account[CostCause.User]);
        Assert.Equal(account.Total, machine.Ledger.Now);
        machine.Store(process, at + 100);    // a hit: the access alone
        Assert.Equal(Machine.Access * 2, account[CostCause.User]);
        Assert.Equal(account.Total, machine.Ledger.Now);
        Assert.Equal((1, 0), (account.MinorFaults, account.MajorFaults));
    }

    /// <summary>A process that goes back pays for each fault that it has had, once, and for no page that going back has unmapped.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void GoingBackIsNoFault(uint writes)
    {
        using Machine machine = new();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(200);
        for (uint page = 0; page < 100; page++) machine.Store(process, at + (page << 12));
        CostAccount account = machine.Ledger.AccountOf(process);
        using Snapshot snapshot = process.TakeSnapshot();
        for (int round = 1; round <= 5; round++)
        {
            VirtualTime copies = account[CostCause.Copies];
            for (uint page = 95; page < 95 + writes; page++) machine.Store(process, at + (page << 12));    // copies, then new pages
            Assert.Equal(100 + (writes * round), account.MinorFaults);
            Assert.Equal((Ns(300) * Math.Min(writes, 5)) + (Ns(200) * (writes > 5 ? writes - 5 : 0)), account[CostCause.Copies] - copies);
            Assert.Equal(Errno.None, snapshot.Restore());
            VirtualTime calls = account[CostCause.SystemCalls];
            machine.Ledger.EndCall(process);
            Assert.Equal(Ns(100), account[CostCause.SystemCalls] - calls);
        }
    }

    /// <summary>A page that is copied again and again, to the same frame, with no other report between: each copy is a fault.</summary>
    [Fact]
    public void APageThatComesBackInTheSameFrameIsAFault()
    {
        using Machine machine = new();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(10);
        machine.Store(process, at);
        CostAccount account = machine.Ledger.AccountOf(process);
        using Snapshot snapshot = process.TakeSnapshot();
        for (int iteration = 1; iteration <= 10; iteration++)
        {
            machine.Store(process, at);
            Assert.Equal(1 + iteration, account.MinorFaults);
            Assert.Equal(Ns(200) + (Ns(300) * iteration), account[CostCause.Copies]);
            Assert.Equal(Errno.None, snapshot.Restore());
        }
    }

    /// <summary>In words: the clock, and the accounts that have time.</summary>
    [Fact]
    public void ALedgerIsALineForEachAccountThatHasTime()
    {
        using Machine machine = new();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(1);
        machine.Process("idle");
        machine.Store(process, at);
        machine.Store(process, at);
        Assert.Equal("1.70 µs on powers, 0 of it idle", machine.Ledger.ToString());
        Assert.Equal("one 1: 1.70 µs: user 0.00 ns, translation 2.20 ns, minor faults 1.50 µs, clear and copy 200 ns",
            Assert.Single(machine.Ledger.UsedAccounts).ToString());
        Assert.Equal("kernel", machine.Ledger.Accounts[0].Label);
    }

    [Fact]
    public void ARefusedAccessEndsInASignal()
    {
        using Machine machine = new();
        UserProcess process = machine.Process("one");
        machine.Load(process, new(0x1000));
        Assert.Equal(Ns(4_500), machine.Ledger.AccountOf(process)[CostCause.MinorFaults]);
        Assert.Equal(1, machine.Ledger.CountsOf().RefusedWalks);    // the walk before the exception, after which nothing is tried again
    }

    [Fact]
    public void CopyOnWriteCopiesAndDropsTheOldTranslation()
    {
        using Machine machine = new();
        UserProcess parent = machine.Process("parent");
        VirtualAddress at = Machine.Map(parent, 2);
        machine.Store(parent, at);
        machine.Store(parent, at + 0x1000);
        UserProcess child = parent.Fork();
        machine.Ledger.EndFork(parent, child);
        CostAccount account = machine.Ledger.AccountOf(parent);
        Assert.Equal(Ns(100 + (2 * 7)), account[CostCause.SystemCalls]);
        Assert.Equal(Machine.Invlpg * 2, account[CostCause.Invalidations]);    // the parent's pages are read-only now
        machine.Store(parent, at);
        Assert.Equal(Ns(200 * 2 + 300), account[CostCause.Copies]);
        machine.Store(child, at);
        Assert.Equal(Ns(4_000), machine.Ledger.AccountOf(child)[CostCause.Switches]);
        Assert.Equal(2, machine.Ledger.CountsOf().Cr3Loads);    // the first process's, and the child's
    }

    [Fact]
    public void AReadWaitsForItsPageAndReadAheadDoesNot()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = 8 });
        UserProcess process = machine.Process("render");
        GuestFile file = machine.File(64);
        Assert.Equal(Errno.None, file.Open(process, FileRights.Read, out int descriptor));
        byte[] page = new byte[4096];
        CostAccount account = machine.Ledger.AccountOf(process);
        long before = machine.Engine.Files.CacheCounters.PagesRead;
        Assert.Equal(Errno.None, process.FileDescriptors.Read(descriptor, 0, page, out _));
        machine.Ledger.EndRead(process, file, 0, page.Length);
        long first = machine.Engine.Files.CacheCounters.PagesRead - before;
        Assert.Equal(Ns(100_000 + (first * 1_000)), account[CostCause.WaitForFile]);    // one request for the window
        Assert.Equal(Ns(40), account[CostCause.Copies]);
        VirtualTime waited = account[CostCause.WaitForFile];
        // On through the file: a marked page requests the next window, for which nobody waits before its pages are wanted.
        for (int i = 1; i < first; i++) Read(i);
        Assert.True(machine.Engine.Files.CacheCounters.PagesRead > before + first);
        Assert.Equal(waited, account[CostCause.WaitForFile]);
        Read((int)first);
        AssertBetween(account[CostCause.WaitForFile] - waited, Ns(90_000), Ns(120_000));    // it has been on its way for a few calls

        void Read(int index)
        {
            Assert.Equal(Errno.None, process.FileDescriptors.Read(descriptor, (long)index << 12, page, out _));
            machine.Ledger.EndRead(process, file, (long)index << 12, page.Length);
        }
    }

    /// <summary>Each page of a request, the first and the last one too, is there when the request has ended, and not before.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void EveryPageOfARequestArrivesWithIt(int readAhead)
    {
        using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = readAhead });
        GuestFile file = machine.File(64);
        byte[] page = new byte[4096];
        long before = machine.Engine.Files.CacheCounters.PagesRead;
        VirtualTime arrival = ReadyAfter(0);
        long count = machine.Engine.Files.CacheCounters.PagesRead - before;
        Assert.InRange(count, 1, readAhead);
        for (int index = 0; index < count; index++) Assert.Equal(arrival, ReadyAfter(index));
        Assert.True(machine.Ledger.Now < arrival);

        VirtualTime ReadyAfter(int index)
        {
            UserProcess process = machine.Process("reader");
            Assert.Equal(Errno.None, file.Open(process, FileRights.Read, out int descriptor));
            process.FileDescriptors.Read(descriptor, (long)index << 12, page.AsSpan(0, 1), out _);
            machine.Ledger.EndRead(process, file, (long)index << 12, 1);
            return machine.Ledger.AccountOf(process).ReadyAt;
        }
    }

    /// <summary>An access over the end of a page is two accesses, also at the last address, after which the first one comes.</summary>
    [Theory]
    [InlineData(0x1000_0FFEu, 2, 1)]
    [InlineData(0x1000_0FFEu, 3, 2)]
    [InlineData(0x1000_0FFEu, 4099, 3)]
    [InlineData(0xFFFF_FFFEu, 2, 1)]
    [InlineData(0xFFFF_FFFEu, 3, 2)]
    [InlineData(0xFFFF_FFFEu, 4099, 3)]
    public void AnAccessIsOneForEachOfItsPages(uint address, int byteLength, int pages)
    {
        using Machine machine = new();
        ProcessOptions all = new() { LowestAddress = new VirtualAddress(0), HighestAddress = new(uint.MaxValue) };
        UserProcess process = machine.Engine.CreateProcess("all", all);
        for (uint page = 0; page < 3; page++)
        {
            VirtualAddress at = new((address & ~0xFFFu) + (page << 12));
            Assert.Equal(Errno.None, process.Memory.Map(at, 4096, MemoryProtection.ReadWrite,
                MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
            machine.Store(process, at);
        }

        CostAccount account = machine.Ledger.AccountOf(process);
        VirtualTime before = account[CostCause.User];
        machine.Ledger.Observe(process, new(address), byteLength, AccessKind.Read);
        Assert.Equal(Machine.Access * pages, account[CostCause.User] - before);
    }

    [Fact]
    public void ComputingHidesReadAhead()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = 8 });
        (UserProcess process, VirtualAddress data) = machine.ProcessOf(1);
        GuestFile file = machine.File(64);
        Assert.Equal(Errno.None, file.Open(process, FileRights.Read, out int descriptor));
        byte[] page = new byte[4096];
        CostAccount account = machine.Ledger.AccountOf(process);
        VirtualTime first = default;
        for (int i = 0; i < 60; i++)
        {
            Assert.Equal(Errno.None, process.FileDescriptors.Read(descriptor, (long)i << 12, page, out _));
            machine.Ledger.EndRead(process, file, (long)i << 12, page.Length);
            if (i == 0) first = account[CostCause.WaitForFile];
            for (int work = 0; work < 200; work++)    // 1 ps each, so a system call as well: 200 × 100 ns is 20 µs a page
            {
                machine.Store(process, data);
                machine.Ledger.EndCall(process);
            }
        }

        AssertBetween(account[CostCause.WaitForFile], first, first + Ns(100_000));    // the second window alone may be late
    }

    [Fact]
    public void AMappedPageIsWaitedForWhenItIsTouched()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = 0, FaultAroundPages = 1 });
        (UserProcess process, VirtualAddress at) = machine.ProcessOfFile(8);
        machine.Load(process, at + 0x3000);
        CostAccount account = machine.Ledger.AccountOf(process);
        Assert.Equal((0, 1), (account.MinorFaults, account.MajorFaults));
        Assert.Equal(Ns(1_500 + 50), account[CostCause.MajorFaults]);
        Assert.Equal(Ns(101_000), account[CostCause.WaitForFile]);
        Assert.Equal(account.Total, machine.Ledger.End);
    }

    /// <summary>A call that only asks for pages waits for none, whatever a page fault before it has missed.</summary>
    [Fact]
    public void AHintWaitsForNothing()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = 0, FaultAroundPages = 1 });
        (UserProcess process, VirtualAddress at) = machine.ProcessOfFile(8);
        machine.Load(process, at);
        VirtualTime waited = machine.Ledger.AccountOf(process)[CostCause.WaitForFile];
        Assert.Equal(Errno.None, process.Memory.Advise(at + 0x4000, 0x2000, MemoryAdvice.WillNeed));
        machine.Ledger.EndCall(process);
        Assert.Equal(2, machine.Ledger.FileDevice.Reads);
        Assert.Equal(waited, machine.Ledger.AccountOf(process)[CostCause.WaitForFile]);
    }

    /// <summary>Linux, flush_tlb_mm_range: more than tlb_single_page_flush_ceiling pages, which is 33, are a flush of all.</summary>
    [Theory, InlineData(33, 33, 1), InlineData(34, 0, 2)]
    public void ManyPagesGoInOneFlush(uint pages, int invalidations, int loads)
    {
        using Machine machine = new();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(pages);
        for (uint page = 0; page < pages; page++) machine.Store(process, at + (page << 12));
        Assert.Equal(Errno.None, process.Memory.Unmap(at, pages << 12));
        machine.Ledger.EndCall(process);
        Assert.Equal((invalidations, loads), (machine.Ledger.CountsOf().Invalidations, machine.Ledger.CountsOf().Cr3Loads));
        Assert.Equal(Machine.Invlpg * 33, machine.Ledger.AccountOf(process)[CostCause.Invalidations]);
    }

    [Fact]
    public void AnotherProcessComputesWhileOneWaits()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = 0 });
        UserProcess reader = machine.Process("reader"), other = machine.Process("other");
        VirtualAddress data = Machine.Map(other, 1);
        GuestFile file = machine.File(8);
        Assert.Equal(Errno.None, file.Open(reader, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, reader.FileDescriptors.Read(descriptor, 0, new byte[4096], out _));
        machine.Ledger.EndRead(reader, file, 0, 4096);
        machine.Store(other, data);
        Assert.Equal(VirtualTime.Zero, machine.Ledger.Idle);
        Assert.True(machine.Ledger.Now < Ns(101_000));
        machine.Ledger.EndCall(reader);
        Assert.True(machine.Ledger.Idle > Ns(80_000));
        Assert.True(machine.Ledger.Now > Ns(101_000));
    }

    [Fact]
    public void FsyncWaitsForWritesAndTheFlush()
    {
        DiskShape disk = new(100_000_000, Ns(5_000_000), Ns(1_000_000), Ns(10_000_000), 100_000_000, 1_000_000_000, 1_000_000);
        foreach (bool lies in (bool[])[false, true])
        {
            using Machine machine = new(disk: disk with { LiesAboutFlush = lies });
            UserProcess process = machine.Process("editor");
            GuestFile file = machine.File(8);
            Assert.Equal(Errno.None, file.Open(process, FileRights.ReadWrite, out int descriptor));
            Assert.Equal(Errno.None, process.FileDescriptors.Write(descriptor, 0, new byte[8192], out _));
            machine.Ledger.EndCall(process, 8192);
            CostAccount account = machine.Ledger.AccountOf(process);
            Assert.Equal(Ns(80), account[CostCause.Copies]);
            Assert.Equal(VirtualTime.Zero, account.Waiting);    // a write is done when it is in the cache
            Assert.Equal(Errno.None, process.FileDescriptors.Synchronize(descriptor));
            machine.Ledger.EndCall(process);
            Assert.True(account[CostCause.WaitForWrite] > VirtualTime.Zero);
            if (lies) Assert.Equal(VirtualTime.Zero, account[CostCause.WaitForFlush]);
            else AssertBetween(account[CostCause.WaitForFlush], Ns(9_000_000), Ns(11_000_000));    // one revolution, to the first byte
        }
    }

    [Fact]
    public void SwapCostsARequestAndItsWait()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 1 << 20, SwapReadAheadPages = 1 });
        machine.Swap();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(400);
        for (uint page = 0; page < 400; page++) machine.Store(process, at + (page << 12));
        CostAccount account = machine.Ledger.AccountOf(process);
        Assert.True(account[CostCause.Reclaim] > VirtualTime.Zero);
        long writes = machine.Engine.Reclaimed.SwapWrites;
        Assert.True(writes > 100);
        Assert.True(machine.Ledger.SwapDevice.Writes is var requests && requests > 0 && requests <= writes);
        machine.Load(process, at);
        Assert.Equal(1, account.MajorFaults);
        AssertBetween(account[CostCause.WaitForSwap], Ns(101_000), Ns(102_000));
    }

    /// <summary>Swap stores of one ledger lie side by side on their device: no byte is two's, nor the files'.</summary>
    [Fact]
    public void SwapStoresOfOneLedgerDoNotOverlap()
    {
        DiskShape disk = new(1_000_000_000, Ns(5_000_000), Ns(1_000_000), Ns(10_000_000), 100_000_000, 1_000_000_000, 1_000_000);
        using Machine machine = new(disk: disk);
        long end = disk.CapacityBytes / 2;
        foreach (uint bytes in (uint[])[300 << 12, 2 << 20, 8 << 20, 257 << 12])
        {
            TimedSwapStore store = Assert.IsType<TimedSwapStore>(machine.Ledger.Time(new MemorySwapStore(bytes)));
            Assert.Equal(end, store.Placement);
            end += (long)store.SlotCount << 12;
        }
    }

    /// <summary>A file lies after the ledger's one before, at least 64 MB on: its first page is a seek away from the other's.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 64 << 20)]
    [InlineData(2, (64 << 20) + (100 << 20))]
    public void FilesOfOneLedgerDoNotOverlap(int index, long place)
    {
        DiskShape shape = new(1_000_000_000, Ns(5_000_000), Ns(1_000_000), Ns(10_000_000), 100_000_000, 1_000_000_000, 1_000_000);
        using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = 0 }, disk: shape);
        UserProcess process = machine.Process("reader");
        GuestFile[] files = [.. ((int[])[4096, 100 << 20, 4096]).Select(bytes =>
            machine.Ledger.CreateFile("file", new MemoryBacking(new byte[bytes])))];
        Assert.Equal(Errno.None, files[index].Open(process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, process.FileDescriptors.Read(descriptor, 0, new byte[1], out _));
        machine.Ledger.EndRead(process, files[index], 0, 1);
        TimedDevice alone = shape.Make();
        Assert.Equal(alone.Read(machine.Ledger.Now, place, 4096), machine.Ledger.End);
    }

    /// <summary>The walk that sets D is charged to the process that stores, in the step in which it does.</summary>
    [Fact]
    public void AWalkForDIsChargedAtOnce()
    {
        using Machine machine = new();
        UserProcess process = machine.Process("one");
        Assert.Equal(Errno.None, process.Memory.Map(default, 0x1000, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Anonymous,
            out VirtualAddress at));
        machine.Load(process, at);    // shared memory: writable and clean
        CostAccount account = machine.Ledger.AccountOf(process);
        VirtualTime before = account[CostCause.Translation];
        machine.Store(process, at);
        Assert.Equal(1, machine.Ledger.CountsOf().DirtyWalks);
        Assert.Equal(Machine.LineHit * 2, account[CostCause.Translation] - before);
        machine.Store(process, at);
        Assert.Equal(1, machine.Ledger.CountsOf().DirtyWalks);
    }

    /// <summary>A store that the tables forbid walks, faults and caches nothing, each time. SDM 4.10.2.3, 4.10.4.1.</summary>
    [Fact]
    public void AForbiddenStoreWalksEachTime()
    {
        using Machine machine = new();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(1);
        machine.Store(process, at);
        Assert.Equal(Errno.None, process.Memory.Protect(at, 0x1000, MemoryProtection.Read));
        machine.Ledger.EndCall(process);
        long before = machine.Ledger.CountsOf().RefusedWalks;
        for (int i = 0; i < 3; i++) machine.Store(process, at);
        Assert.Equal(3, machine.Ledger.CountsOf().RefusedWalks - before);
    }

    /// <summary>A snapshot takes RW from the directory alone: SDM 4.6, each entry on the way needs it.</summary>
    [Fact]
    public void ASnapshotTakesTheRightToWrite()
    {
        using Machine machine = new();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(2);
        machine.Store(process, at);
        using Snapshot snapshot = process.TakeSnapshot();
        machine.Load(process, at);
        Assert.Equal(Machine.Invlpg, machine.Ledger.AccountOf(process)[CostCause.Invalidations]);
    }

    [Fact]
    public void PopulatedPagesAreCleared()
    {
        using Machine machine = new();
        UserProcess process = machine.Process("one");
        Assert.Equal(Errno.None, process.Memory.Map(default, 3 << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Populate, out _));
        machine.Ledger.EndCall(process);
        Assert.Equal(Ns(600), machine.Ledger.AccountOf(process)[CostCause.Copies]);
    }

    /// <summary>A loop is its accesses, one by one, whatever its first address and step, and wherever it waits.</summary>
    [Theory]
    [InlineData(0, 4, 20_000)]
    [InlineData(4_094, 4, 9_000)]
    [InlineData(3, 5, 20_001)]
    [InlineData(100, 8_192, 20_000)]
    public void ALoopIsItsAccesses(uint offset, int step, uint length)
    {
        Assert.Equal(EndOf(isRun: false), EndOf(isRun: true));

        VirtualTime EndOf(bool isRun)
        {
            using Machine machine = new(new EngineOptions { RamBytes = 8 << 20, ReadAheadPages = 0, FaultAroundPages = 1 });
            (UserProcess process, VirtualAddress at) = machine.ProcessOfFile(8);
            for (uint page = 0; page < 8; page++) process.Memory.Mmu.TryRead(at + (page << 12), out byte _);
            if (isRun) machine.Ledger.ObserveRun(process, at + offset, length, step, AccessKind.Read);
            else
                for (uint done = 0; done < length; done += (uint)step)
                    machine.Ledger.Observe(process, at + offset + done, (int)Math.Min((uint)step, length - done), AccessKind.Read);
            return machine.Ledger.Now;
        }
    }

    /// <summary>One process's faults evict another's pages; the other's next call has unmapped none of them.</summary>
    [Fact]
    public void ACallPaysForNoPageThatReclaimTook()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 1 << 20 });
        machine.Swap();
        UserProcess quiet = machine.Process("quiet"), large = machine.Process("large");
        VirtualAddress first = Machine.Map(quiet, 100), second = Machine.Map(large, 300);
        for (uint page = 0; page < 100; page++) machine.Store(quiet, first + (page << 12));
        for (uint page = 0; page < 300; page++) machine.Store(large, second + (page << 12));
        Assert.True(quiet.Memory.Usage.Resident.Value < 90);
        machine.Ledger.EndCall(quiet);
        Assert.Equal(Ns(100), machine.Ledger.AccountOf(quiet)[CostCause.SystemCalls]);
    }

    /// <summary>When a loop over twice the RAM is reported, half of its pages have gone; each has missed once all the same.</summary>
    [Fact]
    public void ALoopOverMoreThanRamMissesOncePerPage()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 1 << 20 });
        machine.Swap();
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(512);
        for (uint page = 0; page < 512; page++) process.Memory.Mmu.TryWrite(at + (page << 12), 1u);
        machine.Ledger.ObserveRun(process, at, 512 << 12, 4, AccessKind.Write);
        Assert.Equal(512 * 1024, machine.Ledger.CountsOf().Accesses);
        Assert.InRange(machine.Ledger.CountsOf().RefusedWalks, 512, 1_024);
    }

    /// <summary>Two processors run a process; one unmaps: the other one's translation goes by an interrupt. SDM 4.10.5.</summary>
    [Fact]
    public void AnUnmappingInterruptsTheOtherProcessor()
    {
        using Machine machine = new(processors: 2);
        (UserProcess process, VirtualAddress at) = machine.ProcessOf(4);
        machine.Store(process, at);
        machine.Load(process, at, processor: 1);
        Assert.Equal(Errno.None, process.Memory.Unmap(at, 0x1000));
        machine.Ledger.EndCall(process);
        CostAccount account = machine.Ledger.AccountOf(process);
        Assert.Equal((Machine.Invlpg * 2) + Ns(800), account[CostCause.Invalidations]);
        Assert.Equal((0, 1), (machine.Ledger.CountsOf(0).Shootdowns, machine.Ledger.CountsOf(1).Shootdowns));
        Assert.Equal(Ns(100 + 9), account[CostCause.SystemCalls]);
        machine.Store(process, at + 0x1000, processor: 1);
        Assert.Equal(Errno.None, process.Memory.Unmap(at + 0x1000, 0x1000));
        machine.Ledger.EndCall(process);    // on processor 0, which has no translation of the page: the other one is asked all the same
        Assert.Equal((0, 2), (machine.Ledger.CountsOf(0).Shootdowns, machine.Ledger.CountsOf(1).Shootdowns));
    }

    /// <summary>The kernel half is mapped with global large pages: a switch keeps them, and drops the process's own.</summary>
    [Fact]
    public void ASwitchKeepsTheKernelsTranslations()
    {
        using Machine machine = new();
        UserProcess one = machine.Process("one"), two = machine.Process("two");
        VirtualAddress first = Machine.Map(one, 1), second = Machine.Map(two, 1), kernel = PagingEngine.KernelAddressOf(new(5));
        machine.Store(one, first);
        machine.Store(two, second);
        Assert.True(one.Memory.Mmu.TryReadAsSupervisor(kernel, out uint _, out _));
        machine.Ledger.Observe(one, kernel, 4, AccessKind.Read);
        long walks = machine.Ledger.CountsOf().Walks;
        machine.Ledger.Observe(two, kernel, 4, AccessKind.Read);
        Assert.Equal(walks, machine.Ledger.CountsOf().Walks);
        machine.Load(two, second);
        Assert.Equal(walks + 1, machine.Ledger.CountsOf().Walks);
    }

    [Fact]
    public void TheSameRunTakesTheSameTimeOnEveryHost()
    {
        (string samples, VirtualTime end) = Run(3);
        Assert.Equal((samples, end), Run(3));
        Assert.Equal("167 ms", end.ToString());
        (string others, VirtualTime other) = Run(4);    // other pages are on the device
        Assert.False(string.Equals(samples, others, StringComparison.Ordinal));
        Assert.NotEqual(end, other);

        static (string Samples, VirtualTime End) Run(ulong random)
        {
            using Machine machine = new(new EngineOptions { RamBytes = 1 << 20, Seed = 7 });
            machine.Swap();
            (UserProcess process, VirtualAddress at) = machine.ProcessOf(500);
            for (int i = 0; i < 4_000; i++) machine.Store(process, at + ((uint)(SplitMix64.Next(ref random) % 500) << 12));
            return (string.Join(' ', machine.Ledger.Samples.Select(static sample => $"{sample.At}:{string.Join(',', sample.Times)}")),
                machine.Ledger.End);
        }
    }

    /// <summary>Every cause is somebody's, and the clock is their sum: computing and idling, one after the other.</summary>
    [Fact]
    public void TheClockIsTheSumOfTheAccounts()
    {
        using Machine machine = new(new EngineOptions { RamBytes = 1 << 20 });
        machine.Swap();
        UserProcess one = machine.Process("one"), two = machine.Process("two");
        VirtualAddress first = Machine.Map(one, 300), second = Machine.Map(two, 300);
        for (uint i = 0; i < 3_000; i++)
        {
            machine.Store(i % 7 < 3 ? one : two, (i % 7 < 3 ? first : second) + (i * 37 % 300 << 12));
            if (i % 100 == 0) machine.Ledger.EndCall(one);
            if (i % 500 == 0) { machine.Engine.RunBackground(16); machine.Ledger.EndBackground(); }
        }

        VirtualTime computing = machine.Ledger.Accounts.Aggregate(VirtualTime.Zero, static (sum, account) => sum + account.Computing);
        Assert.Equal(machine.Ledger.Now, computing + machine.Ledger.Idle);
        Assert.True(machine.Ledger.Samples.Count is > 100 and <= 512);
        Assert.True(machine.Ledger.TotalOf(CostCause.WaitForSwap) > machine.Ledger.TotalOf(CostCause.MinorFaults));
    }

    /// <summary>The program of docs/COSTS.md: a revolution of the disk to the first byte, and a window of read-ahead.</summary>
    [Fact]
    public void TheDocumentsProgram()
    {
        using PagingEngine engine = new();
        CostLedger ledger = new(engine, Paging.Costs.Prices.PriceList.Find("desktop-2009")!);
        GuestFile scene = ledger.CreateFile("scene.dat", new MemoryBacking(new byte[80 << 10]));
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(ledger.Time(new MemorySwapStore(16 << 20)), out _));
        UserProcess process = engine.CreateProcess("render");
        VirtualAddress at = Machine.Map(process, 1);
        Assert.Equal(Errno.None, scene.Open(process, FileRights.Read, out int descriptor));
        process.Memory.Mmu.Write(at, 1u);
        ledger.Observe(process, at, 4, AccessKind.Write);
        Assert.Equal(Errno.None, process.FileDescriptors.Read(descriptor, 0, new byte[512], out int count));
        ledger.EndRead(process, scene, 0, count);
        Assert.Equal("8.45 ms", ledger.AccountOf(process)[CostCause.WaitForFile].ToString());
    }

    [Fact]
    public void AProcessThatEndedBeforeTheLedgerHasNoAccount()
    {
        using PagingEngine engine = new();
        engine.CreateProcess("zombie").Exit(0);
        Assert.Single(new CostLedger(engine, Paging.Costs.Prices.PriceList.Find("desktop-2009")!).Accounts);
    }

    [Fact]
    public void AnEngineWithoutALedgerKnowsNothingOfIt() => Assert.DoesNotContain(typeof(PagingEngine).Assembly.GetReferencedAssemblies(),
        static reference => reference.Name is "Paging.Costs");
}
