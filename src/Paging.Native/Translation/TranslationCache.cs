using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native.Diagnostics;
using Paging.Native.Memory;
using Paging.Native.Tables;
using Paging.Native.Translation;

namespace Paging.Native;

//   address   31                12 11         0
//            ┌────────────────────┬────────────┐      Read[page] ── 0 ──► miss: walk the page tables, fill, look again
//            │        page        │   offset   │          │
//            └────────────────────┴────────────┘          └─ addend ──► *(addend + address), a hit
/// <summary>The translations of one address space: an unbounded TLB over its page tables, which remain the truth.</summary>
/// <remarks><code>
/// Always holds    X1  Read[p] ≠ 0   ⇒  p is present, user on both levels, A = 1
///                 X2  Write[p] ≠ 0  ⇒  the same, and writable on both levels, D = 1
///                 X3  both lead to the frame that the entry names
///                 X4  addends other than 0 lie in marked groups of 64 pages; nothing is stored while nothing is attached
///                 X7  a page of a device that is shown lies in an area of that device, at that offset, with those rights
///                 So a hit owes A and D nothing, and dirty tracking is free. PageTables keeps X1–X3 whenever an entry changes.
/// Cost            a hit: shift, load, test, compare, access; one page invalidated: a test, and two stores if its group is marked
/// Storage         none until the first fill, then a pair from the pool; the pool may take it back, and all misses again
/// Threading       filled and invalidated on the slow path, and filled by touches beside it; hits on the engine's thread, or on all
///                 that run (Paging.Core.Threads)
/// </code></remarks>
public class TranslationCache : IDisposable
{
    private const ulong WrittenBits = EntryBits.Writable | EntryBits.Dirty;
    private readonly TranslationPool _pool;
    private unsafe long* _read;
    private unsafe long* _write;
    private AddendPair _pair;       // the storage of the two pointers; the pool's shared pair while nothing is attached
    private TranslationTables? _tables;    // the same two pointers for other languages, once requested
    private LostTranslations? _losses;     // once requested
    private bool _isSingle;         // no translation was dropped since LastSingle
    private bool _isRefused;        // the last fill found no storage, so its page is used uncached
    private ulong _writeBits = WrittenBits;    // bits that an entry needs for a read to cache the right to write as well

    /// <summary>Makes an empty cache that takes its storage from a pool.</summary>
    // SAFETY: takes over the pool's shared pair, which lives as long as a cache refers to it.
    internal unsafe TranslationCache(TranslationPool pool)
    {
        _pool = pool;
        _pair = pool.Untouched;
        _read = _pair.Read;
        _write = _pair.Write;
    }

    /// <summary>The value of <see cref="TranslationPool.Removals"/> at the last removal of a translation cached here.</summary>
    internal ulong LastRemoval { get; private set; }

    /// <summary>Grows whenever a translation that has been allowed is taken away, cached here or not.</summary>
    /// <remarks>
    /// A processor with a TLB of its own over the same tables compares it before it continues, and flushes when it has grown.
    /// </remarks>
    public ulong Epoch { get; private set { (field, _isSingle) = (value, false); _tables?.Epoch = value; } }

    /// <summary>True if <see cref="Epoch"/> has grown once since then, because of this page: nothing else was taken away.</summary>
    /// <param name="page">The page.</param>
    /// <param name="since">An earlier value of <see cref="Epoch"/>.</param>
    public bool HasLostOnly(PageNumber page, ulong since) => Epoch == since + 1 && _isSingle && LastSingle == page;

    /// <summary>The pages whose translations are taken away from now on, always the same object.</summary>
    public LostTranslations ShowLosses() => _losses ??= new();

    /// <summary>The tables that <see cref="ShowTables"/> has made; null before.</summary>
    internal TranslationTables? Shown => _tables;

    /// <summary>The tables for code of another language, always the same object. An access through them needs no call.</summary>
    /// <remarks>In an engine with many threads, the first call needs the slow path.</remarks>
    // SAFETY: the new object follows the two pointers from now on (PointTo).
    public unsafe TranslationTables ShowTables() => _tables ??= new(_read, _write, Epoch);

    /// <summary>Makes tables in which nothing is translated, for a thread that may not use the others: each access is a call.</summary>
    // SAFETY: the shared pair lives as long as the pool, to which this cache refers.
    public unsafe TranslationTables MakeEmptyTables() => new(_pool.Untouched.Read, _pool.Untouched.Write, Epoch);

    /// <summary>True while the cache has storage of its own.</summary>
    internal unsafe bool IsAttached    // only the shared pair is one table for both
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _read != _write;
    }

    /// <summary>True if the right to write is cached only by <see cref="GrantWrite"/>, so that a dirty log sees each first write.</summary>
    internal bool ObservesWrites
    {
        get => _writeBits != WrittenBits;
        set => _writeBits = value ? ulong.MaxValue : WrittenBits;    // no entry has all of these bits
    }

    /// <summary>True if some pages must not be cached: a run of pages is not filled at once then.</summary>
    internal bool HasUncached
    {
        get;
        set
        {
            if (!value) NoteRemovalOf(addend: 0);    // as TryOpenGroup
            _tables?.ForgetDevices();    // X7
            field = value;
        }
    }

    /// <summary>The pages that a window of the host shows; they lose at once what the tables lose (X8, X9). Null: no window.</summary>
    internal ShownPages? Window { get; set; }

    /// <summary>The mappings of all windows of the engine.</summary>
    internal WindowMappings WindowMappings => _pool.Windows;

    /// <summary>True if several threads use the cache.</summary>
    internal bool IsShared => _pool.IsShared;

    /// <summary>The end of the pages that may be cached: that of the user's pages.</summary>
    internal PageNumber End { get; set; } = PageNumber.FirstKernel;

    internal PageNumber LastSingle { get; private set; }    // the last page whose translation was dropped by itself
    internal AddendPair Pair => _pair;    // for audits, as the next one
    internal unsafe FilledGroups Filled => new(_write);    // X4: what was filled since the cache was attached

    /// <summary>True if the pool has given its storage to another cache, and it has not come back since. Written by the pool.</summary>
    internal bool HasLostStorage { get; set; }

    // Links of the pool's list of attached caches, the one attached longest ago first. Written by TranslationPool only.
    internal TranslationCache? AttachedBefore { get; set; }
    internal TranslationCache? AttachedAfter { get; set; }

    /// <summary>Reads a value that lies within one page, if the page is cached for reading.</summary>
    /// <returns>False when it is not, or when the value crosses into the next page: take the long way.</returns>
    // SAFETY: a 32-bit address has 2^20 pages, a word each; an addend leads to a frame in RAM (X3), and the value ends within the page.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool TryReadHit<T>(VirtualAddress address, out T value) where T : unmanaged
    {
        if (Check.Cheap) CheckUser();
        nuint at = address.Value;
        long addend = _read[at >> VirtualAddress.PageShift];
        if (addend == 0 || CrossesPage<T>(address.Value))
        {
            value = default;
            return false;
        }

        value = Unsafe.ReadUnaligned<T>((byte*)addend + at);
        return true;
    }

    /// <summary>Writes a value that lies within one page, if the page is cached for writing.</summary>
    /// <returns>False when it is not, or when the value crosses into the next page: take the long way. Nothing is written then.</returns>
    // SAFETY: as TryReadHit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool TryWriteHit<T>(VirtualAddress address, T value) where T : unmanaged
    {
        if (Check.Cheap) CheckUser();
        nuint at = address.Value;
        long addend = _write[at >> VirtualAddress.PageShift];
        if (addend == 0 || CrossesPage<T>(address.Value)) return false;
        Unsafe.WriteUnaligned((byte*)addend + at, value);
        return true;
    }

    /// <summary>The host address of a byte that may be read, up to the end of its page; null when the page is not cached.</summary>
    // SAFETY: a 32-bit address has 2^20 pages, a word each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe byte* HostForRead(VirtualAddress address)
    {
        if (Check.Cheap) CheckUser();
        long addend = _read[address.Value >> VirtualAddress.PageShift];
        return addend == 0 ? null : (byte*)addend + address.Value;
    }

    /// <summary>The host address of a byte that may be written, up to the end of its page; null when the page is not cached.</summary>
    // SAFETY: as HostForRead.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe byte* HostForWrite(VirtualAddress address)
    {
        if (Check.Cheap) CheckUser();
        long addend = _write[address.Value >> VirtualAddress.PageShift];
        return addend == 0 ? null : (byte*)addend + address.Value;
    }

    /// <summary>The addend to read a page, 0 for a miss.</summary>
    // SAFETY: for tests and audits, which pass pages below 2^20 only.
    internal unsafe nint ReadAddend(PageNumber page) => (nint)_read[page.Value];

    /// <summary>The addend to write a page, 0 for a miss.</summary>
    // SAFETY: as ReadAddend.
    internal unsafe nint WriteAddend(PageNumber page) => (nint)_write[page.Value];

    /// <summary>True if the page may be shown to code that makes its accesses without a call: what a hit owes is done already.</summary>
    /// <param name="page">The page.</param>
    /// <param name="effective">Its entry, with no right that the directory withholds.</param>
    /// <param name="isWritable">True if stores may also go without a call: D is set, and no observer needs the next one (X9).</param>
    internal bool MayShow(PageNumber page, PageTableEntry effective, out bool isWritable)
    {
        const ulong Readable = EntryBits.Present | EntryBits.User | EntryBits.Accessed;
        isWritable = (effective.Word & _writeBits) == _writeBits || WriteAddend(page) != 0;    // X2
        return (effective.Word & Readable) == Readable;    // X1
    }

    /// <summary>Caches a page by its entry, which has no right that the directory withholds.</summary>
    // SAFETY: the frame is compared with the end of RAM; IsReadyFor has seen the page in a marked group of the table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void Fill(PageNumber page, PageTableEntry effective, PhysicalMemory ram)
    {
        const ulong Readable = EntryBits.Present | EntryBits.User | EntryBits.Accessed;
        if ((effective.Word & Readable) != Readable) return;    // X1
        if (effective.Frame.Value >= ram.FrameCount.Value)
        {
            FillOutside(page, effective, ram);
            return;
        }

        if (!IsReadyFor(page)) return;
        long addend = AddendOf(page, ram.HostAddress(effective.Frame));
        Volatile.Write(ref _read[page.Value], addend);    // after the bytes of the page, for other threads
        if ((effective.Word & _writeBits) == _writeBits) Volatile.Write(ref _write[page.Value], addend);    // X2
    }

    /// <summary>Caches a page of the host's memory. Elsewhere nothing is fitted beyond RAM: such an access is never cached.</summary>
    // SAFETY: FindHost has found the frame in a window.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe void FillOutside(PageNumber page, PageTableEntry effective, PhysicalMemory ram)
    {
        byte* host = ram.FindHost(effective.Frame);
        if (host != null) FillRead(page, host);
        if (host != null && (effective.Word & _writeBits) == _writeBits) FillWrite(page, host);    // X2
    }

    /// <summary>Caches the address for writing a page whose first write a dirty log has just noted.</summary>
    // SAFETY: FindHost has found the frame in RAM or in a window.
    internal unsafe void GrantWrite(PageNumber page, PageTableEntry effective, PhysicalMemory ram)
    {
        const ulong Written = EntryBits.Present | EntryBits.User | EntryBits.Accessed | WrittenBits;
        byte* host = ram.FindHost(effective.Frame);
        if ((effective.Word & Written) == Written && host != null) FillWrite(page, host);    // X2
    }

    /// <summary>Caches the address for reading a page. Precondition: X1. If no storage is available, the page stays a miss.</summary>
    // SAFETY: IsReadyFor has seen the page in a marked group of the table; the caller has the host's address of its frame.
    internal unsafe void FillRead(PageNumber page, byte* hostPage)
    {
        if (IsReadyFor(page)) Volatile.Write(ref _read[page.Value], AddendOf(page, hostPage));
    }

    /// <summary>Caches the pages of a run whose entries were just stored, for reading. Precondition: X1 for all but zeros.</summary>
    /// <param name="first">The first page; all of the run lies in one page table.</param>
    /// <param name="entries">One for each page; zero leaves the page alone.</param>
    /// <param name="ram">The memory of the frames.</param>
    // SAFETY: as FillRead; the run ends within one page table, and its frames are those of the page cache.
    internal unsafe void FillReads(PageNumber first, ReadOnlySpan<PageTableEntry> entries, PhysicalMemory ram)
    {
        if (HasUncached) return;
        for (int i = 0; i < entries.Length; i += FilledGroups.PagesEach - (int)(first.Value + i) % FilledGroups.PagesEach)
            if (!IsReadyFor(first + new PageCount((uint)i))) return;
        Volatile.WriteBarrier();    // after the bytes of the pages, for other threads
        long* read = _read + first.Value;
        long addend = (long)ram.HostAddress(default) - first.Address.Value;
        for (int i = 0; i < entries.Length; i++)
            if (!entries[i].IsNeverTouched)
                read[i] = addend + (long)entries[i].FrameByteOffset - ((long)i << VirtualAddress.PageShift);
    }

    /// <summary>Caches the address for writing a page. Precondition: X2. If no storage is available, the page stays a miss.</summary>
    // SAFETY: as FillRead.
    internal unsafe void FillWrite(PageNumber page, byte* hostPage)
    {
        if (IsReadyFor(page)) Volatile.Write(ref _write[page.Value], AddendOf(page, hostPage));
    }

    /// <summary>Drops a page.</summary>
    // SAFETY: a page is below 2^20, as many as there are words.
    internal unsafe void Invalidate(PageNumber page)
    {
        EndEpochFor(page);
        Window?.Lose(page, alsoReads: true);
        bool isMarked = IsFilled(page);
        NoteRemovalOf(isMarked ? _read[page.Value] : 0);    // X2: a page that can be written can be read
        if (!isMarked) return;
        _read[page.Value] = 0;
        _write[page.Value] = 0;
    }

    /// <summary>Drops a page for writing; it stays cached for reading.</summary>
    internal void InvalidateWrite(PageNumber page)
    {
        EndEpoch(new(page, PageCount.One));
        ForgetWrite(page);
    }

    /// <summary>Drops a page for writing. Nothing has changed in the tables, so <see cref="Epoch"/> stays.</summary>
    // SAFETY: as Invalidate.
    internal unsafe void ForgetWrite(PageNumber page)
    {
        Window?.Lose(page, alsoReads: false);
        bool isMarked = IsFilled(page);
        NoteRemovalOf(isMarked ? _write[page.Value] : 0);
        if (isMarked) _write[page.Value] = 0;
    }

    /// <summary>Handles the end of a page's right to be executed. Cached loads and stores stay valid.</summary>
    internal void InvalidateFetch(PageNumber page)
    {
        EndEpochFor(page);
        if (_pool.IsShared) NoteRemoval();    // a window may have found the page
    }

    /// <summary>Same as <see cref="InvalidateFetch"/>, for several pages.</summary>
    internal void InvalidateFetches(PageRange range)
    {
        EndEpoch(range);
        if (_pool.IsShared) NoteRemoval();
    }

    /// <summary>Drops a run of pages. Groups of 64 pages in which nothing was ever cached cost a bit each.</summary>
    internal void InvalidateRange(PageRange range)
    {
        if (range.Count == PageCount.One) Invalidate(range.First);
        else ForgetRange(range, alsoReads: true);
    }

    /// <summary>Drops a run of pages for writing; it stays cached for reading. Fork does this to the parent.</summary>
    internal void InvalidateWriteRange(PageRange range) => ForgetRange(range, alsoReads: false);

    /// <summary>Drops everything and keeps the storage: some 10 ns for each 64 pages in use.</summary>
    internal void InvalidateAll() => InvalidateRange(PageRange.All);

    /// <summary>Drops all pages for writing: the next store of the host takes the long way. The tables are as before.</summary>
    internal void ForgetWrites()
    {
        (ulong epoch, bool isSingle, LostTranslations? losses) = (Epoch, _isSingle, _losses);
        _losses = null;
        ForgetRange(PageRange.All, alsoReads: false);
        (Epoch, _isSingle, _losses) = (epoch, isSingle, losses);
    }

    /// <summary>Marks the TLBs of processors as out of date; this cache is not.</summary>
    internal void EndEpoch() => EndEpoch(PageRange.All);

    private void EndEpoch(PageRange range)
    {
        Epoch++;
        _losses?.Add(range);
    }

    private void EndEpochFor(PageNumber page)
    {
        (Epoch, LastSingle, _isSingle) = (Epoch + 1, page, true);
        _losses?.Add(new(page, PageCount.One));
    }

    /// <summary>Drops everything and gives the storage back to the pool. The next fill attaches again.</summary>
    internal void Detach()
    {
        Window?.Lose(PageRange.All, alsoReads: true);
        if (!IsAttached) return;
        InvalidateAll();    // the next user of the pair expects zeros
        AddendPair pair = _pair;
        PointTo(_pool.Untouched);
        _pool.TakeBack(this, pair);
    }

    /// <summary>Gives the storage back. The cache then misses, and may be filled again.</summary>
    void IDisposable.Dispose()
    {
        Detach();
        GC.SuppressFinalize(this);
    }

    // SAFETY: a run lies within the table.
    private unsafe void ForgetRange(PageRange range, bool alsoReads)
    {
        if (range.IsEmpty) return;
        EndEpoch(range);
        Window?.Lose(range, alsoReads);
        NoteRemovalOf(addend: 0);
        PageNumber from = range.First;
        while (Filled.TryNextRun(ref from, range.End, out PageRange run))
        {
            if (_pool.IsShared && HoldsAny((alsoReads ? _read : _write) + run.First.Value, run.Count)) NoteRemoval();
            NativeMemory.Clear(_write + run.First.Value, run.Count.Value * sizeof(long));
            if (!alsoReads) continue;
            NativeMemory.Clear(_read + run.First.Value, run.Count.Value * sizeof(long));
            Filled.Remove(run);
        }
    }

    // SAFETY: the caller has cut the run to the table.
    private static unsafe bool HoldsAny(long* words, PageCount count) =>
        new ReadOnlySpan<long>(words, (int)count.Value).ContainsAnyExcept(0L);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void CheckUser() => _pool.CheckUser(this);

    /// <summary>Counts a removal if another thread may use the page: it has found the addend, or its hold cached nothing.</summary>
    private void NoteRemovalOf(long addend)
    {
        if (_pool.IsShared && (addend != 0 || HasUncached || _isRefused)) NoteRemoval();
    }

    private void NoteRemoval() => LastRemoval = ++_pool.Removals;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsReadyFor(PageNumber page)
    {
        if (Check.Cheap && page >= End) ThrowKernelPage(page);
        return IsFilled(page) || TryOpenGroup(page);    // X4: in a marked group there is storage
    }

    /// <summary>Same as <see cref="IsReadyFor"/>, beside the slow path. Returns false if the page must be cached on it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsReadyBesideFor(PageNumber page) => Filled.TryAddBeside(page);

    /// <summary>True if the page lies in a marked group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsFilled(PageNumber page) => Filled.Contains(page);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryOpenGroup(PageNumber page)
    {
        AddendPair? pair = null;
        if (!IsAttached && !_pool.TryAttach(this, out pair))
        {
            _isRefused = true;
            return false;
        }

        if (_isRefused) NoteRemovalOf(addend: 0);    // pages that are in use uncached: later removals will not see them
        _isRefused = false;
        if (pair is not null) PointTo(pair);
        _pool.NoteRegion(_pair, page.DirectoryIndex);
        Filled.Add(page);
        return true;
    }

    // SAFETY: the pair stays referred to by _pair for as long as the pointers are used.
    private unsafe void PointTo(AddendPair pair)
    {
        _pair = pair;
        _read = pair.Read;
        _write = pair.Write;
        _tables?.PointTo(_read, _write);
    }

    /// <summary>Would be 0, and so remain a miss, only if the frame lay at the guest's own address: below 4 GiB of the host.</summary>
    // SAFETY: a difference of addresses; nothing is followed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe long AddendOf(PageNumber page, byte* hostPage) => (long)hostPage - page.Address.Value;

    private static void ThrowKernelPage(PageNumber page) =>
        throw new InvariantException($"X1: page {page.Value:x5} belongs to the kernel and may not be cached for user mode. " +
            "Only a page below c0000 is filled.");

    /// <summary>The bytes from an address to the end of its page as they lie in RAM, if the page is cached for the access.</summary>
    // SAFETY: as TryReadHit; the caller keeps the length within the page.
    internal unsafe bool TryGetSpanHit(
        VirtualAddress address, int byteLength, AccessKind access, out Span<byte> span)
    {
        byte* host = access == AccessKind.Write ? HostForWrite(address) : HostForRead(address);
        span = host == null ? default : new(host, byteLength);
        return host != null;
    }

    /// <summary>Copies bytes out of one page, if it is cached for reading.</summary>
    // SAFETY: as TryGetSpanHit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe bool TryCopyOutHit(VirtualAddress address, Span<byte> destination)
    {
        byte* host = HostForRead(address);
        if (host == null) return false;
        FrameBytes.CopyPart(new(host, destination.Length), destination);
        return true;
    }

    /// <summary>Copies bytes into one page, if it is cached for writing. Otherwise nothing is written.</summary>
    // SAFETY: as TryGetSpanHit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe bool TryCopyInHit(VirtualAddress address, ReadOnlySpan<byte> source)
    {
        byte* host = HostForWrite(address);
        if (host == null) return false;
        FrameBytes.CopyPart(source, new(host, source.Length));
        return true;
    }

    /// <summary>Reads a value that lies in two pages, if both are cached for reading.</summary>
    // SAFETY: HostForRead has found both pages; the bytes read of each end with the page.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal unsafe bool TryReadAcross<T>(VirtualAddress address, out T value) where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        int lower = (int)VirtualAddress.PageSize - address.OffsetInPage, upper = sizeof(T) - lower;
        byte* low = HostForRead(address), high = HostForRead(address + (uint)lower);
        if (low == null || high == null || upper is <= 0 or > (int)VirtualAddress.PageSize) return false;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        new ReadOnlySpan<byte>(low, lower).CopyTo(bytes);
        new ReadOnlySpan<byte>(high, upper).CopyTo(bytes[lower..]);
        return true;
    }

    /// <summary>Writes a value that lies in two pages, if both are cached for writing. Otherwise nothing is written.</summary>
    // SAFETY: HostForWrite has found both pages; the bytes written to each end with the page.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal unsafe bool TryWriteAcross<T>(VirtualAddress address, T value) where T : unmanaged
    {
        int lower = (int)VirtualAddress.PageSize - address.OffsetInPage, upper = sizeof(T) - lower;
        byte* low = HostForWrite(address), high = HostForWrite(address + (uint)lower);
        if (low == null || high == null || upper is <= 0 or > (int)VirtualAddress.PageSize) return false;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value));
        bytes[..lower].CopyTo(new(low, lower));
        bytes[lower..].CopyTo(new(high, upper));
        return true;
    }

    /// <summary>True if a value does not lie within one page.</summary>
    // Folds to one test where the value lies at a multiple of its size, and to two more elsewhere; for single bytes to nothing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool CrossesPage<T>(uint address) where T : unmanaged
    {
        uint length = (uint)Unsafe.SizeOf<T>();    // known when this is compiled for T
        if (length == 1) return false;
        if (uint.IsPow2(length) && length <= VirtualAddress.PageSize && (address & (length - 1)) == 0) return false;
        return length > VirtualAddress.PageSize || (address & VirtualAddress.OffsetMask) > VirtualAddress.PageSize - length;
    }
}
