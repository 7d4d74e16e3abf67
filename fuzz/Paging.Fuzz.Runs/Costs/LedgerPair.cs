using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Costs;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.ReferenceModel.Costs;

namespace Paging.Fuzz;

/// <summary>The ledger of an engine beside the slow one of the reference model: both get the same reports.</summary>
internal sealed class LedgerPair
{
    private const long FileSpacing = 64 << 20;    // docs/COSTS.md leaves the layout open; CreateFile's comment has it

    private readonly PagingEngine _engine;
    private readonly EngineFacts _facts;
    private readonly Dictionary<int, (ModelDevice Device, long Place)> _places = [];
    private readonly ModelDevice _files, _swap;
    private readonly ModelLedger _model;
    private readonly int _processors;
    private long _filesEnd;

    /// <summary>Makes both ledgers.</summary>
    public LedgerPair(PagingEngine engine, PriceList prices, int processors = 1)
    {
        ArgumentNullException.ThrowIfNull(prices);
        (_engine, _facts, _processors) = (engine, new(engine), processors);
        _files = ModelOf(prices.Files);
        _swap = prices.Swap is { } swap ? ModelOf(swap) : _files;
        Ledger = new(engine, prices, processors);
        _model = new(_facts, PricesOf(prices), ShapeOf(prices.Translation, engine.Options.Tables == TableFormat.Pae), processors,
            source => _places[source]);
        foreach (UserProcess process in engine.Processes) _model.Join(_facts.NumberOf(process));
    }

    /// <summary>The ledger that is checked.</summary>
    public CostLedger Ledger { get; }

    /// <summary>The shape in the model's words.</summary>
    public static ModelHardwareShape ShapeOf(TranslationShape shape, bool isWide, int levels = 2)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Dictionary<int, ModelArrayShape> structures = [];
        if (shape.DirectoryCache is { } directories) structures[2] = Of(directories);
        if (shape.PointerCache is { } pointers) structures[3] = Of(pointers);
        if (shape.TopCache is { } tops) structures[4] = Of(tops);
        return new([.. shape.Tlbs.Select(static tlb => new ModelTlb(tlb.Level,
            [.. new[] { (ModelAccess.Load, ServedAccesses.Loads), (ModelAccess.Store, ServedAccesses.Stores),
                (ModelAccess.Fetch, ServedAccesses.Fetches) }.Where(one => (tlb.Serves & one.Item2) != 0).Select(static one => one.Item1)],
            (tlb.Holds & HeldPages.Small) != 0, (tlb.Holds & HeldPages.Large) != 0, Of(tlb.Array)))],
            structures, Of(shape.EntryLines), levels, isWide ? 9 : 10);

        static ModelArrayShape Of(ArrayShape array) => new(array.Entries, array.Ways, array.Replacement switch
        {
            Replacement.Lru => VictimRule.LeastRecent,
            Replacement.Plru => VictimRule.Tree,
            Replacement.Fifo => VictimRule.First,
            _ => VictimRule.Any,
        });
    }

    /// <summary>Makes a file on the list's device.</summary>
    public GuestFile CreateFile(string name, long byteLength)
    {
        NotedBacking backing = new(new MemoryBacking(new byte[byteLength]), _facts);
        GuestFile file = Ledger.CreateFile(name, backing);
        backing.Source = file.Id;
        _places[file.Id] = (_files, _filesEnd);
        _filesEnd += Math.Max(FileSpacing, byteLength);
        return file;
    }

    /// <summary>Adds swap on the list's device.</summary>
    public void AddSwap(uint byteLength)
    {
        NotedSwapStore store = new(new MemorySwapStore(byteLength), _facts);
        if (_engine.Swap.SwitchOn(Ledger.Time(store), out _) != Errno.None) throw new InvalidOperationException("There is no swap.");
        _places[NotedSwapStore.Source] =
            (_swap, _swap == _files && Ledger.Prices.Files is DiskShape disk ? disk.CapacityBytes / 2 : 0);
    }

    /// <summary>An access that the engine has done.</summary>
    public void Observe(UserProcess process, VirtualAddress address, int byteLength, AccessKind kind, int processor)
    {
        Ledger.Observe(process, address, byteLength, kind, processor);
        _model.Access(_facts.NumberOf(process), address.Value, byteLength, Of(kind), processor);
    }

    /// <summary>A loop that the engine has done.</summary>
    public void ObserveRun(UserProcess process, VirtualAddress address, uint byteLength, int step, AccessKind kind, int processor)
    {
        Ledger.ObserveRun(process, address, byteLength, step, kind, processor);
        _model.AccessRun(_facts.NumberOf(process), address.Value, byteLength, step, Of(kind), processor);
    }

    /// <summary>A call that has ended.</summary>
    public void EndCall(UserProcess process, long copied, int processor)
    {
        Ledger.EndCall(process, copied, processor);
        _model.EndCall(_facts.NumberOf(process), copied, null, processor);
    }

    /// <summary>A read of a file that has ended.</summary>
    public void EndRead(UserProcess process, GuestFile file, long offset, long copied, int processor)
    {
        ArgumentNullException.ThrowIfNull(file);
        Ledger.EndRead(process, file, offset, copied, processor);
        _model.EndCall(_facts.NumberOf(process), copied, (file.Id, offset), processor);
    }

    /// <summary>A fork that has ended.</summary>
    public void EndFork(UserProcess parent, UserProcess child, int processor)
    {
        Ledger.EndFork(parent, child, processor);
        _model.EndFork(_facts.NumberOf(parent), _facts.NumberOf(child), processor);
    }

    /// <summary>Background work that has ended.</summary>
    public void EndBackground()
    {
        Ledger.EndBackground();
        _model.EndBackground();
    }

    /// <summary>The first figure in which the two differ, or null.</summary>
    public string? Difference() =>
        Enumerable.Range(0, _processors).Select(HardwareDifference).FirstOrDefault(static difference => difference is not null)
        ?? DeviceDifference("files", Ledger.FileDevice, _files) ?? DeviceDifference("swap", Ledger.SwapDevice, _swap)
        ?? AccountDifference() ?? Differ("clock", Ledger.Now.Picoseconds, _model.Now)
        ?? Differ("idle", Ledger.Idle.Picoseconds, _model.Idle)
        ?? Differ("end", Ledger.End.Picoseconds, _model.ReadyAt.Values.Append(_model.Now).Max());

    /// <summary>The first sample in which the two differ, or null.</summary>
    public string? SampleDifference()
    {
        if (Differ("samples", Ledger.Samples.Count, _model.Samples.Count) is { } count) return count;
        foreach ((CostSample mine, (long at, Dictionary<string, long> sums)) in Ledger.Samples.Zip(_model.Samples))
        {
            string? difference = Differ("sample's clock", mine.At.Picoseconds, at);
            foreach (CostCause cause in Enum.GetValues<CostCause>())
                difference ??= Differ($"sample at {at}, {cause}", mine.Times[(int)cause].Picoseconds,
                    sums.GetValueOrDefault(CostCauses.NameOf(cause)));
            if (difference is not null) return difference;
        }

        return null;
    }

    private static string? Differ(string what, long mine, long model) => mine == model ? null : $"{what}: {mine}, model {model}";

    private static ModelAccess Of(AccessKind kind) => kind switch
    {
        AccessKind.Write => ModelAccess.Store,
        AccessKind.Fetch => ModelAccess.Fetch,
        _ => ModelAccess.Load,
    };

    private static ModelDevice ModelOf(DeviceShape shape) => shape switch
    {
        DiskShape disk => new ModelDisk(new(disk.CapacityBytes, disk.AverageSeek.Picoseconds, disk.TrackSeek.Picoseconds,
            disk.Revolution.Picoseconds, disk.BytesPerSecond, disk.InterfaceBytesPerSecond, disk.WriteCacheBytes, disk.LiesAboutFlush)),
        SsdShape ssd => new ModelSsd(new(ssd.ReadLatency.Picoseconds, ssd.WriteLatency.Picoseconds, ssd.BytesPerSecond,
            ssd.WriteBytesPerSecond, ssd.Parallel)),
        _ => throw new ArgumentException("A device of another kind.", nameof(shape)),
    };

    private static Dictionary<string, long> PricesOf(PriceList list)
    {
        (ProcessorPrices processor, KernelPrices kernel) = (list.Processor, list.Kernel);
        return new(StringComparer.Ordinal)
        {
            ["access"] = processor.Access.Picoseconds,
            ["secondLevelHit"] = processor.SecondLevelHit.Picoseconds,
            ["entryLineHit"] = processor.EntryLineHit.Picoseconds,
            ["entryLineMiss"] = processor.EntryLineMiss.Picoseconds,
            ["invalidate"] = processor.Invalidate.Picoseconds,
            ["systemCall"] = kernel.SystemCall.Picoseconds,
            ["exception"] = kernel.Exception.Picoseconds,
            ["faultWork"] = kernel.FaultWork.Picoseconds,
            ["signal"] = kernel.Signal.Picoseconds,
            ["clearPage"] = kernel.ClearPage.Picoseconds,
            ["copyPage"] = kernel.CopyPage.Picoseconds,
            ["copyFromCache"] = kernel.CopyFromCache.Picoseconds,
            ["mapPage"] = kernel.MapPage.Picoseconds,
            ["unmapPage"] = kernel.UnmapPage.Picoseconds,
            ["scanPage"] = kernel.ScanPage.Picoseconds,
            ["switch"] = kernel.Switch.Picoseconds,
            ["shootdown"] = kernel.Shootdown.Picoseconds,
            ["request"] = kernel.Request.Picoseconds,
        };
    }

    private static string? DeviceDifference(string name, TimedDevice mine, ModelDevice model) =>
        (mine.Reads, mine.Writes, mine.Flushes, mine.ByteCount) != model.Counts
            ? $"{name}: {(mine.Reads, mine.Writes, mine.Flushes, mine.ByteCount)}, model {model.Counts}"
            : Differ($"{name}, busy", mine.Busy.Picoseconds, model.Busy);

    private string? AccountDifference()
    {
        foreach (CostAccount account in Ledger.Accounts)
        {
            string? difference = null;
            foreach (CostCause cause in Enum.GetValues<CostCause>())
                difference ??= Differ(CostCauses.NameOf(cause), account[cause].Picoseconds,
                    _model.Times.GetValueOrDefault((account.ProcessId, CostCauses.NameOf(cause))));
            (long Calls, long Minor, long Major) mine = (account.Calls, account.MinorFaults, account.MajorFaults);
            (long Calls, long Minor, long Major) model = _model.Counts.GetValueOrDefault(account.ProcessId);
            if (mine != model) difference ??= $"calls and faults {mine}, model {model}";
            if (difference is not null) return $"process {account.ProcessId}: {difference}";
        }

        return Differ("accounts", Ledger.Accounts.Count - 1, _model.Counts.Count);
    }

    private string? HardwareDifference(int processor)
    {
        TranslationCounts mine = Ledger.CountsOf(processor);
        ModelHardware model = _model.HardwareOf(processor);
        List<string?> differences =
        [
            Differ("second hits", mine.SecondHits, model.SecondHits), Differ("refused walks", mine.RefusedWalks, model.RefusedWalks),
            Differ("dirty walks", mine.DirtyWalks, model.DirtyWalks), Differ("entry reads", mine.EntryReads, model.EntryReads),
            Differ("line misses", mine.LineMisses, model.LineMisses), Differ("skipped", mine.EntriesSkipped, model.EntriesSkipped),
            Differ("loads of CR3", mine.Cr3Loads, model.Cr3Loads), Differ("shootdowns", mine.Shootdowns, model.Shootdowns),
            Differ("invalidations", mine.Invalidations, model.Invalidations),
        ];
        foreach (AccessKind kind in Enum.GetValues<AccessKind>())
        {
            differences.Add(Differ($"{kind} accesses", mine.AccessesOf(kind), model.Accesses.GetValueOrDefault(Of(kind))));
            foreach (bool isLarge in (bool[])[false, true])
            {
                string size = isLarge ? "large" : "small";
                differences.Add(Differ($"{kind} first misses, {size}", mine.FirstMissesOf(kind, isLarge),
                    model.FirstMisses.GetValueOrDefault((Of(kind), isLarge))));
                differences.Add(Differ($"{kind} walks, {size}", mine.WalksOf(kind, isLarge),
                    model.Walks.GetValueOrDefault((Of(kind), isLarge))));
            }
        }

        differences.RemoveAll(static difference => difference is null);
        return differences.Count == 0 ? null : $"processor {processor}: {string.Join("; ", differences)}";
    }
}
