using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Collections;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

//   stock   [f][f][f] … up to 128 frames, taken from the allocator in one step      ──► page ──► chain   newest ◄─► … ◄─► oldest
/// <summary>A thread's pass for first touches without the slow path: a stock of frames, and a log of how they were used.</summary>
/// <remarks><code>
/// Always holds    T17 a frame of a stock is free, in no list of the allocator, and in no other stock
///                 T18 the frames of a chain are mapped once each, by entries of the pass's space; no list and no count has them yet
/// Cost            a touch: the walk, the zeroing, a compare-and-exchange, one descriptor, two addends. Fold: O(1), plus the stock left
/// Threading       its thread, inside TryEnter and Leave; the slow path while the pass is not valid
/// Linux           struct per_cpu_pages, folio_batch and percpu_counter: batches of each processor
/// </code></remarks>
internal sealed class TouchPass(ProcessorState processor, PhysicalMemory ram, FrameLists lists, BuddyAllocator allocator)
    : GatePass(processor)
{
    private const int StockMax = 128;
    private const int FirstStock = 8;    // doubles at each refill, so that a gate that closes soon has moved few frames
    private const int ZeroedAhead = 4;    // touches: a frame's first line has come from memory when it is written

    private Space? _space;
    private AreaIndex _area;
    private OwnWords _own;
    private uint _foldedBefore;    // touches of earlier spaces, folded while the gate was open

    /// <summary>True if a write needs the slow path first, which refills the stock.</summary>
    public bool NeedsStock => _own.StockCount == 0;

    /// <summary>On the slow path: admits touches in this area. Folds earlier touches if they were in another space.</summary>
    public void Enter(Space space, AreaIndex area)
    {
        if (_space != space) _foldedBefore += FoldSpace();    // T18: a chain has frames of one space only
        (_space, _area) = (space, area);
    }

    /// <summary>On the slow path: takes frames into the empty stock. Returns false if too few are free.</summary>
    /// <param name="spare">The most frames that the stock may take.</param>
    public bool TryRefill(uint spare)
    {
        if (spare < FirstStock) return false;
        _own.StockSize = Math.Min(Math.Clamp(_own.StockSize * 2, FirstStock, StockMax), (int)(spare & ~1u));    // in pairs
        _own.StockCount = allocator.TakeStock(_own.Stock[.._own.StockSize]);
        return _own.StockCount != 0;
    }

    /// <summary>Resolves a first touch if nothing that it needs is missing. Otherwise changes nothing and returns false.</summary>
    /// <remarks>Precondition: the pass is valid, and its thread has entered it or holds the slow path.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryResolve(Space space, PageNumber page, bool isWrite, out PageTableEntry entry)
    {
        entry = default;
        if (space != _space) return false;
        ref Area area = ref space.Areas.Tree[_area];
        if (page.Value - area.First.Value >= area.Count.Value) return false;    // wraps for a page before the area
        if (!PageFaultHandler.AllowsSilently(area, isWrite ? AccessKind.Write : AccessKind.Read)) return false;
        EntrySlot slot = UserWalk.Find(space.Tables, ram, page);
        if (!slot.HasTable || slot.Word != 0 || !space.Translations.IsReadyBesideFor(page)) return false;
        if (Interleaving.IsOn) Interleaving.Yield();
        if (isWrite ? !TryMapFrame(ref area, page, slot, out entry) : !TryMapZeros(ref area, slot, out entry)) return false;
        CountEntry(space.Tables, slot);
        space.Translations.Fill(page, entry, ram);    // last: from here on other threads' hits may use the page
        return true;
    }

    public override uint Fold()
    {
        uint touches = _foldedBefore + FoldSpace();
        _foldedBefore = 0;
        return touches;
    }

    private uint FoldSpace()
    {
        if (_space is not { } space) return 0;
        uint written = _own.Chain.Count, zeros = _own.ZeroPages;
        space.Tables.CountEntriesBeside(_own.Table, _own.TableEntries);
        if (written != 0) lists.Join(ref _own.Chain, space.Group);    // charges the group, which has no limit while the gate is open
        space.Statistics.CountResident(ResidentKind.Anonymous, written);
        space.Faults.Anonymous += written;
        space.Faults.ZeroPage += zeros;
        space.Faults.Minor += written + zeros;
        allocator.ReturnStock(_own.Stock[.._own.StockCount]);
        (_own.StockCount, _own.TableEntries, _own.ZeroPages) = (0, 0, 0);
        if (written < StockMax) _own.StockSize = 0;    // otherwise the next touches will need as many
        _space = null;
        return written + zeros;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryMapFrame(ref Area area, PageNumber page, EntrySlot slot, out PageTableEntry entry)
    {
        entry = default;
        int left = _own.StockCount - 1;
        if (left < 0 || area.Root.IsNone) return false;    // a hold prepares both
        StockFrame taken = _own.Stock[left];
        entry = EntryWords.OwnWritable(taken.Frame, area.Flags, slot);
        if (!TrySet(slot, entry)) return false;
        if (taken.IsZero) ram.PrefetchLine(_own.Stock[Math.Max(left - ZeroedAhead, 0)].Frame);
        else ram.Clear(taken.Frame);    // may follow the store: hits need the addend, which Fill adds last
        if (!Interleaving.IsOn || !TryCountLater(left)) _own.StockCount = left;
        lists.AddAnonymousTo(
            ref _own.Chain, _space!.Group.Number, taken.Frame, (byte)ResidentKind.Anonymous, area.Root.Value, area.OffsetOf(page));
        return true;
    }

    /// <summary>A method of its own, because a closure is allocated where its variables are declared, used or not.</summary>
    private bool TryCountLater(int left) => Interleaving.TryStoreLater(() => _own.StockCount = left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryMapZeros(ref Area area, EntrySlot slot, out PageTableEntry entry)
    {
        entry = EntryWords.ZeroPage(area.Flags, slot);
        if (!TrySet(slot, entry)) return false;
        _own.ZeroPages++;
        return true;
    }

    /// <summary>Stores the first entry of a page, unless another thread was faster.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TrySet(EntrySlot slot, PageTableEntry entry)
    {
        if (Interleaving.IsOn) Interleaving.YieldAndFence();
        if (!IsAlone) return slot.TrySetFirst(entry.Word);    // another thread of the space may touch the same page
        slot.Set(entry.Word);    // the slot was empty, and only this thread may fill it
        return true;
    }

    /// <summary>P3: a table's entries are counted when the next table is touched, or at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountEntry(PageTables tables, EntrySlot slot)
    {
        FrameNumber table = tables.TableOf(slot);
        if (table != _own.Table)    // neighbouring touches share a table: one interlocked addition for a run
        {
            tables.CountEntriesBeside(_own.Table, _own.TableEntries);
            (_own.Table, _own.TableEntries) = (table, 0);
        }

        _own.TableEntries++;
    }

    /// <summary>The fields that the thread writes in each touch, two cache lines away from fields that other threads write.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 896)]
    private struct OwnWords
    {
        [FieldOffset(128)] public IntrusiveList Chain;
        [FieldOffset(140)] public int StockCount;
        [FieldOffset(144)] public FrameNumber Table;
        [FieldOffset(148)] public int TableEntries;    // of Table, not yet counted
        [FieldOffset(152)] public uint ZeroPages;
        [FieldOffset(156)] public int StockSize;    // the frames that the last refill requested
        [FieldOffset(192)] private StockFrames _stock;

        [UnscopedRef] public Span<StockFrame> Stock => _stock;
    }

    [InlineArray(StockMax)]
    private struct StockFrames
    {
        private StockFrame _first;
    }
}
