using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Cli.Replay.Engine;

/// <summary>
/// Runs a trace on the full engine: processes with anonymous pages, a group with a limit of frames, and a swap device. Counts as a
/// simulator does: faults are its misses.
/// </summary>
/// <remarks><code>
///   page id      0 …………………… 699,999 │ 700,000 ……         pages per process, which fit in 3 GiB
///   first load   a frame of zeros, which MADV_FREE marks clean: a page that was never stored to is dropped, not written
///   store        writes a unique word to the page, which eviction writes to the swap device
///   later load   reads the page back and compares the word with that of the last store
/// </code>
/// Page tables do not count towards the limit, as they do not for the simulator.
/// </remarks>
internal sealed class EngineSimulator : TraceSimulator, IDisposable
{
    private const int PagesPerProcess = 700_000;
    private const ulong SpareBytes = 16 << 20, TableBytesPerProcess = 4 << 20;
    private const ulong RamBytesMax = 1UL << 32;
    private const uint SlotCountMax = 1 << 24;
    private static readonly VirtualAddress FirstPage = new(0x0001_0000);    // mmap_min_addr

    private readonly PagingEngine _engine;
    private readonly UserProcess[] _processes;
    private readonly CostLedger? _ledger;
    private readonly uint[] _lastStores;    // by page id: the number of the last store; 0 for none

    /// <summary>Makes an engine for a trace.</summary>
    /// <param name="pageCount">Its distinct pages, at least 1.</param>
    /// <param name="frameCount">The number of pages that may be present at a time.</param>
    /// <param name="policy">The policy that chooses the victims.</param>
    /// <param name="swap">The swap device, which the engine disposes; null for one in memory.</param>
    /// <param name="prices">The machine whose time is counted; null for none.</param>
    /// <exception cref="NotSupportedException">More RAM than an i386 can have.</exception>
    public EngineSimulator(int pageCount, int frameCount, ReclaimPolicy policy, ISwapStore? swap = null, PriceList? prices = null)
        : base(frameCount)
    {
        uint limit = (uint)Math.Min(frameCount, pageCount);
        _lastStores = new uint[pageCount];
        _processes = new UserProcess[((pageCount - 1) / PagesPerProcess) + 1];
        ulong ramBytes = ((ulong)limit << 12) + SpareBytes + ((ulong)_processes.Length * TableBytesPerProcess);
        if (ramBytes > RamBytesMax)
            throw new NotSupportedException($"--engine has up to 4 GiB of RAM: {limit} frames and page tables do not fit");
        _engine = new(new EngineOptions { RamBytes = ramBytes, SwapReadAheadPages = 1 });
        _ledger = prices is null ? null : new(_engine, prices);
        swap ??= new SparseSwapStore(SlotCountFor(pageCount));
        Require(_engine.Swap.SwitchOn(_ledger?.Time(swap) ?? swap, priority: 0, out _));
        Require(_engine.Groups.Create(new MemoryGroupOptions { Name = "trace", Limit = new(limit), CountsTables = false, Policy = policy },
            out MemoryGroup? group));
        for (int index = 0; index < _processes.Length; index++)
        {
            _processes[index] = _engine.CreateProcess($"trace {index}", new ProcessOptions { Group = group });
            MapAll(_processes[index]);
        }
    }

    /// <summary>Evicted pages that had been stored to since they got their frames.</summary>
    public override long? DirtyEvictionCount => _engine.Reclaimed.SwapWrites + _engine.Reclaimed.ZeroPages;

    /// <summary>Pages written to the swap device.</summary>
    public long SwapWriteCount => _engine.Reclaimed.SwapWrites;

    /// <summary>Pages read back from it.</summary>
    public long SwapReadCount => _engine.Reclaimed.SwapReads;

    /// <summary>The time of the run; null without a price list.</summary>
    public CostLedger? Ledger => _ledger;

    public override void Run(in TraceBlock block)
    {
        ReadOnlySpan<TraceAccess> accesses = block.Accesses.Span;
        ReadOnlySpan<int> ids = block.PageIds.Span;
        for (int index = 0; index < ids.Length; index++)
            if (Access(ids[index], accesses[index].IsStore)) MissCount++;
        AccessCount += ids.Length;
    }

    /// <summary>One access. Returns true if the page was missing and the access faulted.</summary>
    private bool Access(int id, bool isStore)
    {
        UserProcess process = _processes[id / PagesPerProcess];
        VirtualAddress address = FirstPage + ((uint)(id % PagesPerProcess) << 12);
        bool wasMissing = isStore ? Store(process.Memory, address, ref _lastStores[id]) : Load(process.Memory, address, _lastStores[id]);
        _ledger?.Observe(process, address, sizeof(uint), isStore ? AccessKind.Write : AccessKind.Read);
        return wasMissing;
    }

    /// <summary>Audits the engine.</summary>
    public void Audit() => _engine.Audit().ThrowIfBroken();

    public void Dispose() => _engine.Dispose();

    /// <summary>
    /// Keeps the device less than half full: beyond that, a page that is swapped in gives up its slot and has to be written again, even if
    /// it was not stored to. Linux: vm_swap_full.
    /// </summary>
    private static uint SlotCountFor(int pageCount) => (uint)Math.Min((2L * pageCount) + 2, SlotCountMax);

    private static bool Store(AddressSpace memory, VirtualAddress address, ref uint lastStore)
    {
        bool wasMissing = !memory.ReadPagemap(address.Page).IsPresent;
        return memory.Mmu.TryWrite(address, ++lastStore, out MemoryFault fault) ? wasMissing : throw Refused(address, fault);
    }

    private static bool Load(AddressSpace memory, VirtualAddress address, uint lastStore)
    {
        bool wasMissing = !memory.ReadPagemap(address.Page).IsPresent;
        uint found = 0;
        MemoryFault fault;
        if (lastStore == 0 && !memory.HasOwnPage(address.Page))
        {
            // A read would map the zero page and take no frame.
            if (!memory.Touch(address, AccessKind.Write, out _, out fault)) throw Refused(address, fault);
            Require(memory.Advise(address, 4096, MemoryAdvice.Free));
        }
        else if (!memory.Mmu.TryRead(address, out found, out fault))
        {
            throw Refused(address, fault);
        }

        if (found != lastStore)
            throw new InvariantException($"page {address} holds {found}, and the last store left {lastStore}: swap has lost it");
        return wasMissing;
    }

    private static InvariantException Refused(VirtualAddress address, in MemoryFault fault) =>
        new($"an access of the trace was refused at {address}: {fault}");

    private static void MapAll(UserProcess process)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve;
        Require(process.Memory.Map(FirstPage, (uint)PagesPerProcess << 12, MemoryProtection.ReadWrite, flags, out _));
    }

    private static void Require(Errno error)
    {
        if (error != Errno.None) throw new InvariantException($"the engine refused to be set up for a trace: {error}");
    }
}
