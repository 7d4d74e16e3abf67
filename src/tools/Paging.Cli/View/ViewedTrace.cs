using System.Globalization;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Traces.Reading;
using Paging.View;

namespace Paging.Cli.View;

/// <summary>A trace on an engine of little RAM and a swap device: each access is a step.</summary>
/// <remarks>
/// Pages keep their numbers if all are user pages of an i386; otherwise they are numbered in the order in which they first appear. The 1
/// MiB around a page is mapped at its first access.
/// </remarks>
internal sealed class ViewedTrace : IViewedRun
{
    private const uint FirstPage = 0x10, ChunkPages = 256;
    private const ulong SwapBytesMax = 1UL << 32;

    private readonly ulong _ramBytes;
    private readonly TableFormat _tables;
    private readonly PriceList? _prices;
    private readonly List<(PageNumber Page, bool IsStore)> _accesses;
    private readonly List<ViewedStep> _steps;
    private readonly HashSet<uint> _mappedChunks = [];
    private PagingEngine _engine;
    private EventRecorder _events;
    private UserProcess _process;
    private CostLedger? _ledger;

    private ViewedTrace(List<(PageNumber Page, bool IsStore)> accesses, ulong ramBytes, TableFormat tables, PriceList? prices)
    {
        (_accesses, _ramBytes, _tables, _prices) = (accesses, ramBytes, tables, prices);
        _steps = [.. accesses.Select(static access => StepOf(access.IsStore ? "store" : "load", access.Page))];
        (_engine, _process) = Begin();
        _events = Record(_engine);
    }

    public PagingEngine Engine => _engine;

    public IReadOnlyList<ViewedStep> Steps => _steps;

    public bool IsComplete => true;

    public int Position { get; private set; }

    public IReadOnlyList<CounterView> Counters => _ledger is null ? [] : ViewedCosts.Of(_ledger);

    /// <summary>Reads the first accesses of a trace.</summary>
    /// <exception cref="TraceFormatException">It is not a trace.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ViewedTrace Read(TraceReader reader, int accessCountMax, ulong ramBytes, TableFormat tables = TableFormat.Classic,
        PriceList? prices = null)
    {
        List<TraceAccess> read = [];
        TraceAccess[] buffer = new TraceAccess[4096];
        for (int count; read.Count < accessCountMax && (count = reader.Read(buffer)) != 0;)
            read.AddRange(buffer.AsSpan(0, Math.Min(count, accessCountMax - read.Count)));
        bool fits = read.TrueForAll(static access => access.Page is >= FirstPage and < 0xC_0000);
        Dictionary<ulong, uint> numbers = [];
        return new([.. read.Select(access => (PageOf(access.Page), access.IsStore))], ramBytes, tables, prices);

        PageNumber PageOf(ulong page) => new(fits ? (uint)page : NumberOf(page));

        uint NumberOf(ulong page)
        {
            if (!numbers.TryGetValue(page, out uint number)) numbers.Add(page, number = FirstPage + (uint)numbers.Count);
            return number;
        }
    }

    public bool TryStep(ICollection<EngineEvent> happened)
    {
        if (Position == _accesses.Count) return false;
        bool isMapped = Access(out bool wasMissing, out MemoryFault fault);
        _steps[Position] = _steps[Position] with { Result = isMapped ? (wasMissing ? "fault" : "hit") : fault.ToString() };
        Position++;
        EventCollector collector = new(happened);
        _events.Drain(ref collector);
        return true;
    }

    public void Restart(int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)_accesses.Count, nameof(position));
        Dispose();
        _mappedChunks.Clear();
        (_engine, _process) = Begin();
        for (Position = 0; Position < position; Position++) Access(out _, out _);
        _events = Record(_engine);
    }

    /// <summary>Finds the last store to the byte's page, since a trace has only pages.</summary>
    public ViewedWrite? FindLastWrite(int processId, VirtualAddress address, TimeSpan patience)
    {
        int last = _accesses.FindLastIndex(Math.Max(0, Position - 1), Position, access => access.IsStore && access.Page == address.Page);
        return last < 0 ? null : new(last + 1, processId);
    }

    public string Insert(string line) => "Calls are typed into scripts, programs and core files, not into traces.";

    public void TakeOut() => throw new InvalidOperationException("Nothing was typed into a trace.");

    public void Dispose()
    {
        _events.Dispose();
        _engine.Dispose();
    }

    private static ViewedStep StepOf(string name, PageNumber page) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"{name} {page.Address}"), Result: null, page);

    private bool Access(out bool wasMissing, out MemoryFault fault)
    {
        (PageNumber page, bool isStore) = _accesses[Position];
        MapAround(page);
        AccessKind kind = isStore ? AccessKind.Write : AccessKind.Read;
        bool isDone = _process.Memory.Touch(page.Address, kind, out wasMissing, out fault);
        _ledger?.Observe(_process, page.Address, byteLength: 1, kind);
        return isDone;
    }

    private static EventRecorder Record(PagingEngine engine) => engine.RecordEvents(1 << 16);

    private (PagingEngine, UserProcess) Begin()
    {
        PagingEngine engine = new(new EngineOptions { RamBytes = _ramBytes, Tables = _tables });
        _ledger = _prices is null ? null : new(engine, _prices);
        MemorySwapStore swap = new(Math.Min(_ramBytes * 16, SwapBytesMax));
        engine.Swap.SwitchOn(_ledger?.Time(swap) ?? swap, priority: 0, out _);
        return (engine, engine.CreateProcess("trace"));
    }

    private void MapAround(PageNumber page)
    {
        uint chunk = page.Value / ChunkPages;
        if (!_mappedChunks.Add(chunk)) return;
        uint first = Math.Max(chunk * ChunkPages, FirstPage), end = Math.Min((chunk + 1) * ChunkPages, PageNumber.FirstKernel.Value);
        uint byteLength = (end - first) << VirtualAddress.PageShift;
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve;
        _process.Memory.Map(new PageNumber(first).Address, byteLength, MemoryProtection.ReadWrite, flags, out _);
    }
}
