using Paging.Core;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Native;

namespace Paging.Costs;

/// <summary>The time that an engine's processes would take on a machine of a price list: one virtual clock, an account for each.</summary>
/// <remarks><code>
/// Observes     accesses and calls that the host reports after the engine has done them; the engine's counters; its page tables; what it
///              asks of backings and swap stores that were put on a device here. It changes nothing in the engine
/// Clock        one for the machine. A process that waits leaves the processor to those whose accesses are reported meanwhile
/// Exact        the same reports, list and engine give the same picoseconds on every host
/// Not          a cycle-accurate machine: program data evict no table entries, instructions cost what accesses cost, no PCID
/// Cost         a hit in a first-level TLB: some 10 ns of the host; nothing in an engine without a ledger
/// Threading    that of the engine; with many threads, reports come one at a time, within a hold
/// </code></remarks>
public sealed class CostLedger
{
    private const int FlushCeiling = 33;    // Linux: tlb_single_page_flush_ceiling, then the whole TLB is cheaper
    private const int SampleCountMax = 512;
    private const long FileSpacing = 64 << 20;

    private readonly PagingEngine _engine;
    private readonly LedgerProcessor[] _processors;
    private readonly Dictionary<UserProcess, LedgerProcess> _processes = [];
    private readonly List<CostAccount> _accounts = [];
    private readonly List<DeviceRequest> _requests = [];
    private readonly Dictionary<int, TimedBacking> _files = [];    // by GuestFile.Id, which is AreaSnapshot.ObjectId
    private readonly List<CostSample> _samples = [];
    private readonly CostAccount _kernel = new(0, "kernel");
    private readonly LedgerDevice _disk, _swap;
    private ReclaimCounters _reclaim;
    private CacheCounters _cache;
    private VirtualTime _inFlightUntil, _nextSample, _sampleStep = VirtualTime.FromNanoseconds(1000);
    private long _filesEnd, _swapEnd;

    /// <summary>Opens a ledger for an engine. What has happened before costs nothing.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="prices">The machine.</param>
    /// <param name="processorCount">The processors, each with translation hardware of its own: 1 to 256.</param>
    /// <exception cref="ArgumentException">The list's hardware cannot be made, or a price is below 0.</exception>
    public CostLedger(PagingEngine engine, PriceList prices, int processorCount = 1)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(prices);
        ArgumentOutOfRangeException.ThrowIfLessThan(processorCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(processorCount, 256);
        if (prices.Complaint is { } complaint)
            throw new ArgumentException($"The list has no prices for a machine: {complaint}.", nameof(prices));
        (_engine, Prices) = (engine, prices);
        _processors = [.. Enumerable.Range(0, processorCount).Select(_ => new LedgerProcessor(new(prices.Translation)))];
        _disk = new("files", prices.Files.Make());
        _swap = prices.Swap is { } swap ? new("swap", swap.Make()) : _disk;
        _swapEnd = prices.Swap is null && prices.Files is DiskShape disk ? disk.CapacityBytes / 2 : 0;    // a partition after the files
        (_reclaim, _cache) = (engine.Reclaimed, engine.Files.CacheCounters);
        _accounts.Add(_kernel);
        foreach (UserProcess process in engine.Processes)
            if (!process.HasExited) Find(process).Faults = process.Memory.Faults;    // what it did before is not charged
    }

    /// <summary>The machine.</summary>
    public PriceList Prices { get; }

    /// <summary>The virtual clock: the end of the last reported step of a processor.</summary>
    public VirtualTime Now { get; private set; }

    /// <summary>The clock when everything has ended that somebody waits for.</summary>
    public VirtualTime End => _accounts.Aggregate(Now, static (latest, account) => VirtualTime.Later(latest, account.ReadyAt));

    /// <summary>The time in which all processes waited.</summary>
    public VirtualTime Idle { get; private set; }

    /// <summary>The accounts in the order in which they were opened; that of the kernel is the first.</summary>
    public IReadOnlyList<CostAccount> Accounts => _accounts;

    /// <summary>The accounts that have time, the kernel's last.</summary>
    public IReadOnlyList<CostAccount> UsedAccounts =>
        [.. _accounts.Where(static account => account.Total > VirtualTime.Zero).OrderBy(static account => account.ProcessId == 0)];

    /// <summary>The clock: <c>322 ms on desktop-2009, 176 ms of it idle</c>.</summary>
    public override string ToString() => $"{End} on {Prices.Name}, {Idle} of it idle";

    /// <summary>Sums over time: at most 512, evenly spread.</summary>
    public IReadOnlyList<CostSample> Samples => _samples;

    /// <summary>The device of files.</summary>
    public TimedDevice FileDevice => _disk.Queue;

    /// <summary>The device of swap; the same as that of files if the list has only one.</summary>
    public TimedDevice SwapDevice => _swap.Queue;

    /// <summary>The counts of a processor's translation hardware.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such processor.</exception>
    public TranslationCounts CountsOf(int processor = 0) => ProcessorOf(processor).Hardware.Counts;

    /// <summary>The sum of a cause over all accounts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such cause.</exception>
    public VirtualTime TotalOf(CostCause cause) => _accounts.Aggregate(VirtualTime.Zero, (sum, account) => sum + account[cause]);

    /// <summary>Opens or finds a process's account.</summary>
    /// <exception cref="ArgumentException">The process belongs to another engine.</exception>
    public CostAccount AccountOf(UserProcess process) => Find(process).Account;

    /// <summary>Makes a file of the engine whose backing lies on the device of files.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="backing">Its bytes; the engine disposes it.</param>
    /// <param name="rights">As in <see cref="EngineFiles.CreateFile"/>.</param>
    /// <param name="place">The place of its first byte on the device; negative: 64 MB or more after the file before.</param>
    public GuestFile CreateFile(string name, IFileBacking backing, FileRights rights = FileRights.ReadWrite, long place = -1)
    {
        ArgumentNullException.ThrowIfNull(backing);
        TimedBacking timed = new(backing, _disk, place < 0 ? _filesEnd : place, _requests);
        GuestFile file = _engine.Files.CreateFile(name, timed, rights);
        if (place < 0) _filesEnd = PlaceOf(_filesEnd, Math.Max(FileSpacing, backing.ByteLength), 0);
        _files[file.Id] = timed;
        return file;
    }

    /// <summary>Puts a swap store on the device of swap. Give the result to the engine.</summary>
    public ISwapStore Time(ISwapStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        TimedSwapStore timed = new(store, _swap, _swapEnd, _requests);
        _swapEnd = PlaceOf(_swapEnd, (long)store.SlotCount << VirtualAddress.PageShift, 0);
        return timed;
    }

    /// <summary>Reports an access that the engine has done or refused, with all of its page faults.</summary>
    /// <param name="process">The process.</param>
    /// <param name="address">The first byte.</param>
    /// <param name="byteLength">The length, at least 1.</param>
    /// <param name="kind">The kind of access.</param>
    /// <param name="processor">The processor that it runs on.</param>
    /// <exception cref="ArgumentException">The process belongs to another engine, or a number is out of its range.</exception>
    public void Observe(UserProcess process, VirtualAddress address, int byteLength, AccessKind kind, int processor = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(byteLength, 1);
        _ = TranslationCounts.Checked(kind);
        LedgerProcess running = Run(process, processor);
        LedgerProcessor cpu = _processors[processor];
        uint first = address.Page.Value, last = (address + (uint)byteLength - 1).Page.Value;
        _ = Touch(running, cpu, first, kind);
        while (first != last)    // wraps around at 4 GiB, as the address does
        {
            first = (first + 1) & 0xF_FFFF;
            _ = Touch(running, cpu, first, kind);
        }

        if (Now >= _nextSample) Sample();
    }

    /// <summary>Reports a run of accesses upwards, each of <paramref name="step"/> bytes, such as a loop over an array.</summary>
    /// <remarks>
    /// As <see cref="Observe"/> for each of them, but where reclaim has taken a page before this report, its accesses after the first are
    /// hits. O(pages) where a first-level TLB serves the kind.
    /// </remarks>
    public void ObserveRun(UserProcess process, VirtualAddress address, uint byteLength, int step, AccessKind kind, int processor = 0)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        _ = TranslationCounts.Checked(kind);
        LedgerProcessor cpu = ProcessorOf(processor);
        while (byteLength > 0)
        {
            long inPage = Math.Min(byteLength, VirtualAddress.PageSize - (uint)address.OffsetInPage) / step;
            uint done = inPage == 0 ? (uint)Math.Min((uint)step, byteLength) : (uint)(inPage * step);
            if (inPage == 0) Observe(process, address, (int)done, kind, processor);    // over the end of the page, or the short rest
            else ObserveInPage(Run(process, processor), cpu, address.Page.Value, kind, inPage);
            (address, byteLength) = (address + done, byteLength - done);
        }
    }

    /// <summary>Reports a system call that has ended, with the page faults of its copies.</summary>
    /// <param name="process">The process that made it.</param>
    /// <param name="copiedBytes">The bytes that were copied to or from the program, as by read(2) and write(2).</param>
    /// <param name="processor">The processor that it runs on.</param>
    /// <remarks>
    /// If it read from a device, the process waits for all of the call's reads if a page that it wanted was missing, else for none: those
    /// were read-ahead. <see cref="EndRead"/> knows better.
    /// </remarks>
    /// <exception cref="ArgumentException">The process belongs to another engine, or a number is out of its range.</exception>
    public void EndCall(UserProcess process, long copiedBytes = 0, int processor = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(copiedBytes);
        EndCall(process, copiedBytes, file: null, offset: 0, processor);
    }

    /// <summary>Reports a read(2) that has ended: the process waits for the pages of these bytes, however they were requested.</summary>
    /// <exception cref="ArgumentException">
    /// The process or the file belongs to another engine, or a number is out of its range.
    /// </exception>
    public void EndRead(UserProcess process, GuestFile file, long offset, long byteCount, int processor = 0)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        if (!_engine.Owns(file)) throw new ArgumentException("The file belongs to another engine.", nameof(file));
        EndCall(process, byteCount, file, offset, processor);
    }

    /// <summary>Reports a fork that has ended: the copied entries, beside the call.</summary>
    /// <exception cref="ArgumentException">A process belongs to another engine, or there is no such processor.</exception>
    public void EndFork(UserProcess parent, UserProcess child, int processor = 0)
    {
        _ = ProcessorOf(processor);
        _ = Find(parent);
        long copied = Find(child).Process.Memory.Usage.Resident.Value;    // its account begins now
        EndCall(parent, processor: processor);
        Charge(Find(parent).Account, CostCause.SystemCalls, Prices.Kernel.MapPage * copied);
    }

    /// <summary>Reports a tick of the engine's background work: its writes go to the devices, and no process waits for them.</summary>
    public void EndBackground()
    {
        SettleReclaim(_kernel);
        Issue(_kernel, CostCause.Reclaim);
    }

    /// <summary>Accesses to one page, one after the other.</summary>
    private void ObserveInPage(LedgerProcess running, LedgerProcessor cpu, uint page, AccessKind kind, long count)
    {
        while (count-- > 0)
        {
            WaitUntilReady(running);
            bool hasGone = Touch(running, cpu, page, kind);
            if (count == 0) break;
            WaitUntilReady(running);
            if (hasGone) cpu.Hardware.Counts.Access(kind, count);
            else if (!cpu.Hardware.TryRepeat(new(page), kind, count)) continue;
            Charge(running.Account, CostCause.User, Prices.Processor.Access * count);
            break;
        }

        if (Now >= _nextSample) Sample();
    }

    private void EndCall(UserProcess process, long copiedBytes, GuestFile? file, long offset, int processor)
    {
        LedgerProcess running = Run(process, processor);
        CostAccount account = running.Account;
        account.Calls++;
        Charge(account, CostCause.SystemCalls, Prices.Kernel.SystemCall);
        if (copiedBytes > 0)
            Charge(account, CostCause.Copies, Prices.Kernel.CopyFromCache.Times(copiedBytes, VirtualAddress.PageSize));
        if (!process.HasExited)
        {
            SettleFaults(running, _processors[processor], page: null, walks: 0);
            MemoryUsage usage = process.Memory.Usage;
            long resident = usage.Resident.Value, undone = running.Faults.Minor - usage.Faults.Minor;
            if (undone != running.UndoneFaults) (running.UndoneFaults, running.Resident) = (undone, resident);    // it went back
            long gone = running.Resident - resident - (_engine.Reclaimed.Reclaimed - _reclaim.Reclaimed);    // by the call, not by reclaim
            if (gone > 0) Charge(account, CostCause.SystemCalls, Prices.Kernel.UnmapPage * gone);
            running.Resident = resident;
            if (process.Memory.Mmu.Epoch != running.Epoch) Invalidate(running, _processors[processor]);
        }

        CacheCounters cache = _engine.Files.CacheCounters;
        bool hasMissed = cache.Misses != _cache.Misses;
        _cache = cache;
        SettleReclaim(account);
        IssuedTimes times = Issue(account, CostCause.SystemCalls);
        if (file is not null && _files.TryGetValue(file.Id, out TimedBacking? backing) && copiedBytes > 0)
            Wait(account, CostCause.WaitForFile, backing.ArrivalOf(offset, copiedBytes, Now));
        else if (file is null && hasMissed) Wait(account, CostCause.WaitForFile, times.FileRead);
        Wait(account, CostCause.WaitForSwap, times.SwapRead);
        Wait(account, CostCause.WaitForWrite, times.Write);
        Wait(account, CostCause.WaitForFlush, times.Flush);
        if (Now >= _nextSample) Sample();
    }

    private LedgerProcess Find(UserProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (_processes.TryGetValue(process, out LedgerProcess? found)) return found;
        if (!_engine.Owns(process)) throw new ArgumentException($"Process {process.Id} belongs to another engine.", nameof(process));
        CostAccount account = new(process.Id, process.Name);
        _accounts.Add(account);
        return _processes[process] = new(process, account);
    }

    /// <summary>Gives the processor to a process: a switch if another one had it, and the clock goes on to where it can run.</summary>
    private LedgerProcess Run(UserProcess process, int processor)
    {
        LedgerProcessor cpu = ProcessorOf(processor);
        LedgerProcess running = cpu.Running is { } last && last.Process == process ? last : Find(process);
        WaitUntilReady(running);
        if (cpu.Running == running) return running;
        if (cpu.Running is not null) Charge(running.Account, CostCause.Switches, Prices.Kernel.Switch);
        cpu.Hardware.LoadCr3();
        cpu.Running = running;
        return running;
    }

    private LedgerProcessor ProcessorOf(int processor) => (uint)processor < (uint)_processors.Length ? _processors[processor]
        : throw new ArgumentOutOfRangeException(nameof(processor), processor, $"The ledger has {_processors.Length} processors.");

    /// <summary>A place on a device for bytes at an offset of a file: so far back that they end on it.</summary>
    private static long PlaceOf(long start, long offset, long byteLength) =>
        (long)Int128.Min((Int128)start + offset, long.MaxValue - byteLength);

    private void WaitUntilReady(LedgerProcess running)
    {
        if (running.Account.ReadyAt <= Now) return;
        Idle += running.Account.ReadyAt - Now;
        Now = running.Account.ReadyAt;
    }

    /// <summary>Charges an access to a page. Returns true if its fault got the page, and reclaim has taken it since.</summary>
    private bool Touch(LedgerProcess running, LedgerProcessor cpu, uint page, AccessKind kind)
    {
        Charge(running.Account, CostCause.User, Prices.Processor.Access);
        if (running.Process.Memory.Mmu.Epoch != running.Epoch)
        {
            Invalidate(running, cpu);
            if (HasFaulted(running)) cpu.Hardware.Forget(new(page), TablesOf(running).Depth);    // the same frame may have come back
        }

        TranslationOutcome outcome = cpu.Hardware.Access(TablesOf(running), new(page), kind);
        if (outcome == TranslationOutcome.First && cpu.Hardware.Counts.EntryReads == cpu.EntryReads) return false;    // no walk that set D
        ChargeTranslation(running.Account, cpu);
        if (outcome < TranslationOutcome.Walked) return false;
        bool isRefused = outcome == TranslationOutcome.Refused;
        long refusedFaults = running.Faults.Refused;
        SettleFaults(running, cpu, new(page), walks: isRefused ? 1 : 0);
        return isRefused && running.Faults.Refused == refusedFaults;
    }

    /// <summary>Returns true if the process has had faults that are not charged yet.</summary>
    private static bool HasFaulted(LedgerProcess running)
    {
        FaultCounters now = running.Process.Memory.Faults, last = running.Faults;
        return (now.Minor, now.Major, now.Refused) != (last.Minor, last.Major, last.Refused);
    }

    private EngineTables TablesOf(LedgerProcess running) =>
        new(_engine.Ram, _engine.Options.Tables, running.Process.Memory.Cr3);

    private void ChargeTranslation(CostAccount account, LedgerProcessor cpu)
    {
        TranslationCounts counts = cpu.Hardware.Counts;
        (long hits, long reads, long misses) = (counts.SecondHits, counts.EntryReads, counts.LineMisses);
        Charge(account, CostCause.Translation, (Prices.Processor.SecondLevelHit * (hits - cpu.SecondHits))
            + (Prices.Processor.EntryLineHit * (reads - cpu.EntryReads - (misses - cpu.LineMisses)))
            + (Prices.Processor.EntryLineMiss * (misses - cpu.LineMisses)));
        (cpu.SecondHits, cpu.EntryReads, cpu.LineMisses) = (hits, reads, misses);
    }

    /// <summary>Charges the page faults since the last look: of an access to a page, or of a call's copies.</summary>
    /// <param name="running">The process.</param>
    /// <param name="cpu">Its processor.</param>
    /// <param name="page">The page of the access; null for a call.</param>
    /// <param name="walks">The walks that found nothing and have been made: the last one of an access that was refused.</param>
    private void SettleFaults(LedgerProcess running, LedgerProcessor cpu, PageNumber? page, long walks)
    {
        FaultCounters now = running.Process.Memory.Faults, last = running.Faults;
        running.Faults = now;
        long minor = now.Minor - last.Minor, major = now.Major - last.Major, refused = now.Refused - last.Refused;
        CostAccount account = running.Account;
        KernelPrices kernel = Prices.Kernel;
        if (minor + major + refused > 0)
        {
            account.MinorFaults += minor;
            account.MajorFaults += major;
            // The walk that found nothing, before each exception: of the same entries, which are cached by now.
            for (; page is { } at && walks < minor + major + refused; walks++) cpu.Hardware.Refuse(TablesOf(running), new(at.Value));
            ChargeTranslation(account, cpu);
            CostCause cause = major > 0 ? CostCause.MajorFaults : CostCause.MinorFaults;
            Charge(account, cause, ((kernel.Exception + kernel.FaultWork) * (minor + major + refused)) + (kernel.Signal * refused)
                + (kernel.MapPage * (now.FaultAround - last.FaultAround)));
            long cleared = (now.Anonymous - last.Anonymous) * PagesOf(running, page);
            Charge(account, CostCause.Copies, (kernel.ClearPage * cleared) + (kernel.CopyPage * (now.Copied - last.Copied)));
            running.Resident = running.Process.Memory.Usage.Resident.Value;
        }

        if (page is not { } used) return;    // a call settles the rest itself
        SettleReclaim(account);
        if (_requests.Count > 0)
        {
            IssuedTimes times = Issue(account, CostCause.MajorFaults);
            Wait(account, CostCause.WaitForSwap, times.SwapRead);
            Wait(account, CostCause.WaitForWrite, times.Write);    // reclaim on the way to a free frame
        }

        if (_inFlightUntil > Now) WaitForPage(running, used);
    }

    /// <summary>The small pages that a fault on a page has cleared.</summary>
    private long PagesOf(LedgerProcess running, PageNumber? page)
    {
        TableFormat format = _engine.Options.Tables;
        bool isLarge = page is { } at && Walker.Peek(_engine.Ram, format, running.Process.Memory.Cr3, at).IsLargePage;
        return !isLarge ? 1 : format == TableFormat.Pae ? 512 : 1024;
    }

    /// <summary>Waits for a page of a file that has been requested already. Linux: folio_wait_locked in filemap_fault.</summary>
    private void WaitForPage(LedgerProcess running, PageNumber page)
    {
        if (running.Process.Memory.Areas.Find(page) is not { ObjectId: > 0 } area || !area.Range.Contains(page)
            || !_files.TryGetValue(area.ObjectId, out TimedBacking? backing)) return;
        long offset = (long)area.ByteOffset + ((long)(page - area.Range.First).Value << VirtualAddress.PageShift);
        Wait(running.Account, CostCause.WaitForFile, backing.ArrivalOf(offset, VirtualAddress.PageSize, Now));
    }

    private void SettleReclaim(CostAccount account)
    {
        ReclaimCounters now = _engine.Reclaimed;
        Charge(account, CostCause.Reclaim, (Prices.Kernel.ScanPage * (now.Scanned - _reclaim.Scanned))
            + (Prices.Kernel.UnmapPage * (now.Reclaimed - _reclaim.Reclaimed)));
        bool hasTaken = now.Reclaimed != _reclaim.Reclaimed;
        _reclaim = now;
        if (!hasTaken) return;
        foreach (LedgerProcess process in _processes.Values)    // the pages are paid for: no call of theirs has unmapped them
            if (!process.Process.HasExited) process.Resident = process.Process.Memory.Usage.Resident.Value;
    }

    /// <summary>Gives the engine's requests to the devices.</summary>
    /// <returns>The times at which the reads, writes and flushes among them have ended.</returns>
    private IssuedTimes Issue(CostAccount account, CostCause cause)
    {
        IssuedTimes times = new(Now, Now, Now, Now);
        foreach (DeviceRequest request in _requests)
        {
            Charge(account, cause, Prices.Kernel.Request);
            TimedDevice device = request.Source.Device.Queue;
            long place = PlaceOf(request.Source.Placement, request.Offset, request.ByteLength);
            switch (request.Kind)
            {
                case RequestKind.ReadFile:
                    VirtualTime arrival = device.Read(Now, place, request.ByteLength);
                    request.Source.NoteArrival(request.Offset, request.ByteLength, arrival);
                    _inFlightUntil = VirtualTime.Later(_inFlightUntil, arrival);
                    times = times with { FileRead = VirtualTime.Later(times.FileRead, arrival) };
                    break;
                case RequestKind.ReadSwap:
                    times = times with { SwapRead = VirtualTime.Later(times.SwapRead, device.Read(Now, place, request.ByteLength)) };
                    break;
                case RequestKind.Write:
                    times = times with { Write = VirtualTime.Later(times.Write, device.Write(Now, place, request.ByteLength)) };
                    break;
                default:
                    times = times with { Flush = VirtualTime.Later(times.Flush, device.Flush(Now)) };
                    break;
            }
        }

        _requests.Clear();
        return times;
    }

    /// <summary>Drops translations that the tables no longer have, on each processor that runs the process.</summary>
    /// <remarks>Linux: flush_tlb_mm_range. The kernel knows ranges; here each page is one that a TLB holds.</remarks>
    private void Invalidate(LedgerProcess running, LedgerProcessor caller)
    {
        running.Epoch = running.Process.Memory.Mmu.Epoch;
        EngineTables tables = TablesOf(running);
        foreach (LedgerProcessor cpu in _processors)
        {
            if (cpu.Running != running) continue;
            IReadOnlyList<LinearPage> stale = cpu.Hardware.FindStale(tables);
            if (stale.Count > FlushCeiling) cpu.Hardware.LoadCr3();
            else
                foreach (LinearPage page in stale) cpu.Hardware.Invalidate(page, tables.Depth);
            cpu.Hardware.DropStructures();    // a table that has gone may be another's frame by now
            Charge(running.Account, CostCause.Invalidations, Prices.Processor.Invalidate * Math.Min(stale.Count, FlushCeiling));
            if (stale.Count == 0 || cpu == caller) continue;
            cpu.Hardware.Counts.Shootdowns++;
            Charge(running.Account, CostCause.Invalidations, Prices.Kernel.Shootdown);
        }
    }

    private void Charge(CostAccount account, CostCause cause, VirtualTime time)
    {
        account.Add(cause, time);
        Now += time;
    }

    private void Wait(CostAccount account, CostCause cause, VirtualTime until)
    {
        VirtualTime from = VirtualTime.Later(Now, account.ReadyAt);
        if (until <= from) return;
        account.Add(cause, until - from);
        account.ReadyAt = until;
    }

    private void Sample()
    {
        _samples.Add(new(Now, [.. Enum.GetValues<CostCause>().Select(TotalOf)]));
        if (_samples.Count > SampleCountMax)
        {
            _sampleStep *= 2;
            for (int i = _samples.Count - 2; i >= 0; i -= 2) _samples.RemoveAt(i);
        }

        _nextSample = Now + _sampleStep;
    }

    private readonly record struct IssuedTimes(VirtualTime FileRead, VirtualTime SwapRead, VirtualTime Write, VirtualTime Flush);

    private sealed class LedgerProcess(UserProcess process, CostAccount account)
    {
        public UserProcess Process => process;

        public CostAccount Account => account;

        public FaultCounters Faults { get; set; }

        public ulong Epoch { get; set; } = process.Memory.Mmu.Epoch;

        public long Resident { get; set; } = process.Memory.Usage.Resident.Value;

        /// <summary>The minor faults that going back to snapshots had undone at the last look.</summary>
        public long UndoneFaults { get; set; } = process.Memory.Faults.Minor - process.Memory.Usage.Faults.Minor;
    }

    private sealed class LedgerProcessor(TranslationHardware hardware)
    {
        public TranslationHardware Hardware => hardware;

        public LedgerProcess? Running { get; set; }

        public long SecondHits { get; set; }

        public long EntryReads { get; set; }

        public long LineMisses { get; set; }
    }
}
