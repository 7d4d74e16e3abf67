namespace Paging.ReferenceModel.Costs;

/// <summary>The ledger by docs/COSTS.md: the table of causes and prices, with dictionaries and lists. Times in picoseconds.</summary>
/// <param name="facts">The engine.</param>
/// <param name="prices">Prices by their names in a price list.</param>
/// <param name="shape">The translation hardware of each processor.</param>
/// <param name="processors">The processors.</param>
/// <param name="deviceOf">The device and the place on it of a file or store.</param>
internal sealed class ModelLedger(IModelFacts facts, IReadOnlyDictionary<string, long> prices, ModelHardwareShape shape, int processors,
    Func<int, (ModelDevice Device, long Place)> deviceOf)
{
    private const int PageShift = 12, PageSize = 1 << PageShift, SampleCountMax = 512;
    private const int FlushCeiling = 33;    // Linux: tlb_single_page_flush_ceiling

    private readonly ModelHardware[] _hardware = [.. Enumerable.Range(0, processors).Select(_ => new ModelHardware(shape))];
    private readonly int[] _running = [.. Enumerable.Repeat(Kernel, processors)];
    private readonly Dictionary<(int Source, long Page), long> _arrivals = [];
    private readonly Dictionary<int, Seen> _seen = [];
    private (long Scanned, long Reclaimed) _reclaim = (facts.Scanned, facts.Reclaimed);
    private long _misses = facts.CacheMisses, _nextSample, _sampleStep = 1_000_000;

    /// <summary>The number of the kernel's account.</summary>
    public const int Kernel = 0;

    /// <summary>The clock.</summary>
    public long Now { get; private set; }

    /// <summary>The time in which all processes waited.</summary>
    public long Idle { get; private set; }

    /// <summary>The time of each process by cause.</summary>
    public Dictionary<(int Process, string Cause), long> Times { get; } = [];

    /// <summary>The calls and faults of each process.</summary>
    public Dictionary<int, (long Calls, long Minor, long Major)> Counts { get; } = [];

    /// <summary>The time from which each process can go on.</summary>
    public Dictionary<int, long> ReadyAt { get; } = [];

    /// <summary>The clock at each sample, and the sums by cause.</summary>
    public List<(long At, Dictionary<string, long> Sums)> Samples { get; } = [];

    /// <summary>The hardware of a processor.</summary>
    public ModelHardware HardwareOf(int processor) => _hardware[processor];

    /// <summary>Notes a process that was there before the ledger: its faults so far are not charged.</summary>
    public void Join(int process) => SeenOf(process).Faults = facts.FaultsOf(process);

    /// <summary>An access of some bytes.</summary>
    public void Access(int process, uint address, int bytes, ModelAccess kind, int processor)
    {
        Dispatch(process, processor);
        for (ulong page = address >> PageShift; page <= ((ulong)address + (ulong)bytes - 1) >> PageShift; page++)
            AccessPage(process, page & 0xF_FFFF, kind, processor);
        SampleIfDue();
    }

    /// <summary>Accesses of some bytes each, one after the other; the last one may be shorter.</summary>
    public void AccessRun(int process, uint address, uint bytes, int step, ModelAccess kind, int processor)
    {
        bool isOnePage = false, hasGone = false;
        for (ulong at = 0; at < bytes; at += (ulong)step)
        {
            uint first = address + (uint)at;
            int length = (int)Math.Min((ulong)step, bytes - at);
            ulong next = at + (ulong)step;
            isOnePage = length == step && IsWithinPage(first, length);
            bool goesOn = isOnePage && next + (ulong)step <= bytes && first >> PageShift == (address + (uint)next) >> PageShift
                && IsWithinPage(address + (uint)next, step);
            Dispatch(process, processor);
            if (hasGone) AccessGonePage(process, kind, processor);
            else
                foreach (uint page in PagesOf(first, length)) hasGone = AccessPage(process, page, kind, processor);
            if (goesOn) continue;
            hasGone = false;
            SampleIfDue();    // once for the accesses within a page
        }
    }

    /// <summary>A call that has ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="copied">The bytes that were copied.</param>
    /// <param name="read">The file that was read, and the first byte, if known.</param>
    /// <param name="processor">The processor.</param>
    public void EndCall(int process, long copied, (int Source, long Offset)? read, int processor)
    {
        Dispatch(process, processor);
        Count(process, calls: 1);
        Charge(process, "system calls", prices["systemCall"]);
        Charge(process, "clear and copy", prices["copyFromCache"] * copied / PageSize);
        if (!facts.HasExited(process))
        {
            ChargeFaults(process, null, ModelOutcome.First, processor);
            long resident = facts.ResidentOf(process), taken = facts.Reclaimed - _reclaim.Reclaimed;
            long gone = SeenOf(process).Resident - resident - taken;    // what reclaim has taken is charged below
            Charge(process, "system calls", prices["unmapPage"] * Math.Max(0, gone));
            SeenOf(process).Resident = resident;
            Invalidate(process, processor);
        }

        bool hasMissed = facts.CacheMisses != _misses;
        _misses = facts.CacheMisses;
        ChargeReclaim(process);
        Dictionary<ModelRequestKind, long> ends = Issue(process, "system calls");
        if (read is { } file && copied > 0) Wait(process, "wait: file", Arrival(file.Source, file.Offset, copied));
        if (read is null && hasMissed) Wait(process, "wait: file", ends[ModelRequestKind.ReadFile]);
        Wait(process, "wait: swap", ends[ModelRequestKind.ReadSwap]);
        Wait(process, "wait: write", ends[ModelRequestKind.Write]);
        Wait(process, "wait: flush", ends[ModelRequestKind.Flush]);
        SampleIfDue();
    }

    /// <summary>A fork that has ended.</summary>
    public void EndFork(int parent, int child, int processor)
    {
        EndCall(parent, 0, null, processor);
        Charge(parent, "system calls", prices["mapPage"] * facts.ResidentOf(child));
        SeenOf(child);
    }

    /// <summary>Background work that has ended.</summary>
    public void EndBackground()
    {
        ChargeReclaim(Kernel);
        Issue(Kernel, "reclaim");
    }

    private static bool IsWithinPage(uint first, int bytes) => (first & (PageSize - 1)) + (uint)bytes <= PageSize;

    private static IEnumerable<uint> PagesOf(uint first, int bytes)
    {
        for (ulong page = first >> PageShift; page <= ((ulong)first + (ulong)bytes - 1) >> PageShift; page++)
            yield return (uint)page & 0xF_FFFF;
    }

    private ModelTables TablesOf(int process) => (page, level) => facts.Read(process, page, level);

    private Seen SeenOf(int process)
    {
        if (_seen.TryGetValue(process, out Seen? seen)) return seen;
        Counts[process] = default;
        return _seen[process] = new() { Changes = facts.ChangesOf(process), Resident = facts.ResidentOf(process) };
    }

    /// <summary>Gives a processor to a process, which goes on when what it waits for is there.</summary>
    private void Dispatch(int process, int processor)
    {
        SeenOf(process);
        long ready = ReadyAt.GetValueOrDefault(process);
        if (ready > Now) (Idle, Now) = (Idle + ready - Now, ready);
        if (_running[processor] == process) return;
        if (_running[processor] != Kernel) Charge(process, "switches", prices["switch"]);
        _hardware[processor].LoadCr3();
        _running[processor] = process;
    }

    /// <summary>An access of a loop to a page that was there for the loop, and that reclaim has taken before the report.</summary>
    private void AccessGonePage(int process, ModelAccess kind, int processor)
    {
        Charge(process, "user", prices["access"]);
        _hardware[processor].CountHit(kind);
    }

    /// <summary>Returns true if the tables do not have the page although nothing was refused.</summary>
    private bool AccessPage(int process, ulong page, ModelAccess kind, int processor)
    {
        Charge(process, "user", prices["access"]);
        bool hasFaulted = (facts.FaultsOf(process) is var now && SeenOf(process).Faults is var last)
            && (now.Minor, now.Major, now.Refused) != (last.Minor, last.Major, last.Refused);
        if (Invalidate(process, processor) && hasFaulted) _hardware[processor].Forget(page);
        ModelOutcome outcome = default;
        Translate(process, processor, hardware => outcome = hardware.Access(TablesOf(process), page, kind));
        long refused = SeenOf(process).Faults.Refused;
        if (outcome >= ModelOutcome.Walked) ChargeFaults(process, page, outcome, processor);
        return outcome == ModelOutcome.Refused && SeenOf(process).Faults.Refused == refused;
    }

    /// <summary>Charges what a step of the hardware has read and asked.</summary>
    private void Translate(int process, int processor, Action<ModelHardware> act)
    {
        ModelHardware hardware = _hardware[processor];
        (long seconds, long reads, long misses) = (hardware.SecondHits, hardware.EntryReads, hardware.LineMisses);
        act(hardware);
        seconds = hardware.SecondHits - seconds;
        misses = hardware.LineMisses - misses;
        reads = hardware.EntryReads - reads - misses;
        Charge(process, "translation", (seconds * prices["secondLevelHit"]) + (reads * prices["entryLineHit"])
            + (misses * prices["entryLineMiss"]));
    }

    /// <summary>Charges the faults since the last look: of an access to a page, or of a call.</summary>
    private void ChargeFaults(int process, ulong? page, ModelOutcome outcome, int processor)
    {
        ModelFaults now = facts.FaultsOf(process), last = SeenOf(process).Faults;
        SeenOf(process).Faults = now;
        long minor = now.Minor - last.Minor, major = now.Major - last.Major, refused = now.Refused - last.Refused;
        long faults = minor + major + refused;
        Count(process, minor: minor, major: major);
        if (faults > 0)
        {
            // Each exception follows a walk that found nothing. An access that is refused in the end has made the last of them already.
            if (page is { } walked)
                for (long walk = outcome == ModelOutcome.Refused ? 1 : 0; walk < faults; walk++)
                    Translate(process, processor, hardware => hardware.Refuse(TablesOf(process), walked));
            Charge(process, major > 0 ? "major faults" : "minor faults", (faults * (prices["exception"] + prices["faultWork"]))
                + (refused * prices["signal"]) + ((now.Around - last.Around) * prices["mapPage"]));
            SeenOf(process).Resident = facts.ResidentOf(process);
        }

        bool isLarge = page is { } at && _hardware[processor].LeafOf(TablesOf(process), at) is { IsLarge: true, Entry.IsLeaf: true };
        long pages = isLarge ? 1L << shape.LevelBits : 1;
        Charge(process, "clear and copy", ((now.Zeroed - last.Zeroed) * pages * prices["clearPage"])
            + ((now.Copied - last.Copied) * prices["copyPage"]));
        if (page is not { } used) return;
        ChargeReclaim(process);
        Dictionary<ModelRequestKind, long> ends = Issue(process, "major faults");
        Wait(process, "wait: swap", ends[ModelRequestKind.ReadSwap]);
        Wait(process, "wait: write", ends[ModelRequestKind.Write]);
        if (facts.FileAt(process, used) is { } file) Wait(process, "wait: file", Arrival(file.Source, file.Offset, PageSize));
    }

    private void ChargeReclaim(int process)
    {
        Charge(process, "reclaim", ((facts.Scanned - _reclaim.Scanned) * prices["scanPage"])
            + ((facts.Reclaimed - _reclaim.Reclaimed) * prices["unmapPage"]));
        bool hasTaken = facts.Reclaimed != _reclaim.Reclaimed;
        _reclaim = (facts.Scanned, facts.Reclaimed);
        foreach (int seen in _seen.Keys)
            if (hasTaken && !facts.HasExited(seen)) SeenOf(seen).Resident = facts.ResidentOf(seen);
    }

    /// <summary>Gives the requests to their devices; neighbours in a row are one.</summary>
    private Dictionary<ModelRequestKind, long> Issue(int process, string cause)
    {
        Dictionary<ModelRequestKind, long> ends = Enum.GetValues<ModelRequestKind>().ToDictionary(static kind => kind, _ => Now);
        List<ModelRequest> joined = [];
        foreach (ModelRequest request in facts.TakeRequests())
        {
            bool isNeighbour = joined.Count > 0 && joined[^1] is var last && request.Kind != ModelRequestKind.Flush
                && last.Kind == request.Kind && last.Source == request.Source && last.Offset + last.Bytes == request.Offset;
            if (isNeighbour) joined[^1] = joined[^1] with { Bytes = joined[^1].Bytes + request.Bytes };
            else joined.Add(request);
        }

        foreach ((ModelRequestKind kind, int source, long offset, long bytes) in joined)
        {
            Charge(process, cause, prices["request"]);
            (ModelDevice device, long place) = deviceOf(source);
            long end = kind switch
            {
                ModelRequestKind.Flush => device.Flush(Now),
                ModelRequestKind.Write => device.Write(Now, place + offset, bytes),
                _ => device.Read(Now, place + offset, bytes),
            };
            ends[kind] = Math.Max(ends[kind], end);
            if (kind != ModelRequestKind.ReadFile) continue;
            for (long page = offset / PageSize; page <= (offset + bytes - 1) / PageSize; page++) _arrivals[(source, page)] = end;
        }

        return ends;
    }

    private long Arrival(int source, long offset, long bytes)
    {
        long latest = Now;
        for (long page = offset / PageSize; page <= (offset + bytes - 1) / PageSize; page++)
            latest = Math.Max(latest, _arrivals.GetValueOrDefault((source, page)));
        return latest;
    }

    /// <summary>Drops the translations that the tables do not have any more, on each processor that runs the process.</summary>
    /// <returns>True if the tables have lost entries since the last call.</returns>
    private bool Invalidate(int process, int caller)
    {
        if (SeenOf(process).Changes == facts.ChangesOf(process)) return false;
        SeenOf(process).Changes = facts.ChangesOf(process);
        for (int processor = 0; processor < processors; processor++)
        {
            if (_running[processor] != process) continue;
            ModelHardware hardware = _hardware[processor];
            IReadOnlyList<ulong> stale = hardware.Stale(TablesOf(process));
            if (stale.Count > FlushCeiling) hardware.LoadCr3();
            else
                foreach (ulong page in stale) hardware.Invalidate(page);
            hardware.DropStructures();
            Charge(process, "invalidations", prices["invalidate"] * Math.Min(stale.Count, FlushCeiling));
            if (stale.Count == 0 || processor == caller) continue;
            hardware.Shootdowns++;
            Charge(process, "invalidations", prices["shootdown"]);
        }

        return true;
    }

    private void Count(int process, long calls = 0, long minor = 0, long major = 0)
    {
        (long c, long n, long j) = Counts[process];
        Counts[process] = (c + calls, n + minor, j + major);
    }

    private void Charge(int process, string cause, long time)
    {
        Times[(process, cause)] = Times.GetValueOrDefault((process, cause)) + time;
        Now += time;
    }

    private void Wait(int process, string cause, long until)
    {
        long from = Math.Max(Now, ReadyAt.GetValueOrDefault(process));
        if (until <= from) return;
        Times[(process, cause)] = Times.GetValueOrDefault((process, cause)) + until - from;
        ReadyAt[process] = until;
    }

    /// <summary>A sample after each step of the clock; when there are too many, each second one goes and the step doubles.</summary>
    private void SampleIfDue()
    {
        if (Now < _nextSample) return;
        Samples.Add((Now, Times.GroupBy(static time => time.Key.Cause, StringComparer.Ordinal).ToDictionary(static cause => cause.Key,
            static cause => cause.Sum(static time => time.Value), StringComparer.Ordinal)));
        if (Samples.Count > SampleCountMax)
        {
            _sampleStep *= 2;
            List<(long, Dictionary<string, long>)> kept = [.. Samples.Where((_, index) => index % 2 == 0)];
            Samples.Clear();
            Samples.AddRange(kept);
        }

        _nextSample = Now + _sampleStep;
    }

    private sealed class Seen
    {
        public ModelFaults Faults { get; set; }

        public ulong Changes { get; set; }

        public long Resident { get; set; }
    }
}
