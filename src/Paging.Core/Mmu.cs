using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Core.Tracking;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;
using Paging.Native.Translation;

namespace Paging.Core;

/// <summary>The memory of one process as its program sees it: every access is translated and checked, and may fault.</summary>
/// <remarks>
/// A hit costs one load, one test and the access. A miss walks the real page tables as the processor does, and calls the page fault
/// handler if they refuse. An access that crosses a page border happens completely or not at all. If only its higher page faults, the
/// lower one has been made present all the same, as on the processor. Little-endian, any alignment.
/// For the engine's thread; with <see cref="EngineOptions.AllowThreads"/>, for each thread whose <see cref="VirtualProcessor"/> runs in it.
/// </remarks>
public sealed class Mmu : TranslationCache
{
    internal const int PageBytes = (int)VirtualAddress.PageSize;

    private readonly ThreadGuard _guard;
    private readonly PageFaultHandler _faults;
    private readonly PhysicalMemory _ram;
    private readonly WriteTracking _writes;
    private Space _space;    // after a reap both belong to the next process, so Retire replaces them
    private PageTables _tables;

    internal Mmu(MachineParts machine, PageFaultHandler faults, Space space) : base(machine.Translations)
    {
        _guard = machine.Guard;
        _faults = faults;
        _ram = machine.Ram;
        _writes = machine.Writes;
        _space = space;
        _tables = space.Tables;
        _tables.Cache = this;    // instead of the unused one that they were made with
    }

    /// <summary>The internal state of the address space.</summary>
    internal Space Space => _space;
    internal PhysicalMemory Ram => _ram;
    internal WriteTracking Writes => _writes;
    internal FirstTouches? Touches => _faults.Touches;    // null: one thread
    internal WatchedPages? Watched { get; set; }    // the receivers of accesses; null until the first one
    internal ThreadGuard Guard => _guard;

    /// <summary>Called when the process has been reaped: every later access finds an empty space, and throws.</summary>
    internal void Retire(Space nowhere)
    {
        _space.Shadow = null;    // the next process has its own
        _space = nowhere;
        _tables = nowhere.Tables;
        Watched?.Clear();
    }

    /// <summary>Reads a value.</summary>
    /// <exception cref="PageFaultException">
    /// The access faults. <see cref="TryRead{T}(VirtualAddress, out T, out MemoryFault)"/> saves the cost of the exception.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>(VirtualAddress address) where T : unmanaged =>
        TryReadHit(address, out T value) ? value : ReadOrThrow<T>(address);

    /// <summary>Writes a value.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(VirtualAddress address, T value) where T : unmanaged
    {
        if (!TryWriteHit(address, value)) WriteOrThrow(address, value);
    }

    /// <summary>Reads a value. Returns false and the fault if it cannot be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (TryReadHit(address, out value)) return true;
        (value, fault) = ReadMissed<T>(address);
        return !fault.IsFault;
    }

    /// <summary>Reads a value. Returns false if it cannot be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(VirtualAddress address, out T value) where T : unmanaged => TryRead(address, out value, out _);

    /// <summary>Writes a value. Returns false and the fault if it cannot be written; nothing has been written then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (TryWriteHit(address, value)) return true;
        fault = WriteMissed(address, value);
        return !fault.IsFault;
    }

    /// <summary>Writes a value. Returns false if it cannot be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite<T>(VirtualAddress address, T value) where T : unmanaged => TryWrite(address, value, out _);

    /// <summary>Returns the bytes in RAM from an address to the end of its page, at most <paramref name="byteLength"/> of them.</summary>
    /// <remarks>
    /// The span is valid until the engine's next system call, fork, fault or reclaim. After that, its frame may hold another page.
    /// Writing through a span that was requested for reading may corrupt memory that other mappings share.
    /// </remarks>
    /// <returns>False and an empty span if the access faults or the length is 0.</returns>
    public bool TryGetSpan(VirtualAddress address, int byteLength, AccessKind access, out Span<byte> span, out MemoryFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        AccessKinds.Check(access);
        span = default;
        fault = default;
        int inPage = Math.Min(byteLength, PageBytes - address.OffsetInPage);    // the next page may lie in any frame
        if (inPage == 0) return false;
        if (this.TryGetSpanHit(address, inPage, access, out span)) return true;
        if (!TryTranslate(address, access, out FrameNumber frame, out fault)) return false;
        span = _ram.Bytes(frame).Slice(address.OffsetInPage, inPage);
        return true;
    }

    /// <summary>Copies bytes upwards into the process's memory, and stops at the first one that cannot be written.</summary>
    /// <returns>The number of bytes copied: the length less the result of Linux's copy_to_user.</returns>
    public int CopyIn(VirtualAddress address, ReadOnlySpan<byte> source, out MemoryFault fault)
    {
        fault = default;
        int done = 0;
        while (done < source.Length)
        {
            VirtualAddress at = address + (uint)done;
            ReadOnlySpan<byte> part = source.Slice(done, Math.Min(source.Length - done, PageBytes - at.OffsetInPage));
            if (!this.TryCopyInHit(at, part))
            {
                if (TryTranslate(at, AccessKind.Write, out FrameNumber frame, out fault))
                    part.CopyTo(_ram.Bytes(frame)[at.OffsetInPage..]);
                else if (!TryStoreUncached(at, part, ref fault))
                {
                    done += this.StoreBefore(fault, at, part);    // a shadow refuses bytes, not pages
                    break;
                }
            }

            done += part.Length;
        }

        return done;
    }

    /// <summary>Copies bytes upwards out of the process's memory, and stops at the first one that cannot be read.</summary>
    /// <returns>The number of bytes copied: the length less the result of Linux's copy_from_user.</returns>
    public int CopyOut(VirtualAddress address, Span<byte> destination, out MemoryFault fault)
    {
        fault = default;
        int done = 0;
        while (done < destination.Length)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = destination.Slice(done, Math.Min(destination.Length - done, PageBytes - at.OffsetInPage));
            if (!this.TryCopyOutHit(at, part))
            {
                if (TryTranslate(at, AccessKind.Read, out FrameNumber frame, out fault))
                    _ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
                else if (!TryLoadUncached(at, part, AccessKind.Read, ref fault))
                {
                    done += this.LoadBefore(fault, at, part);    // a shadow refuses bytes, not pages
                    break;
                }
            }

            done += part.Length;
        }

        return done;
    }

    /// <summary>Stores one byte repeatedly upwards, as <c>rep stosb</c> does, and stops at the first that cannot be written.</summary>
    /// <returns>The number of bytes stored.</returns>
    public uint Fill(VirtualAddress address, uint byteLength, byte value, out MemoryFault fault)
    {
        fault = default;
        uint done = 0;
        while (done < byteLength)
        {
            int wanted = (int)Math.Min(byteLength - done, VirtualAddress.PageSize);
            bool hasSpan = TryGetSpan(address + done, wanted, AccessKind.Write, out Span<byte> span, out fault);
            span.Fill(value);
            if (!hasSpan && !TryStoreUncached(address + done, [value], ref fault)) break;
            done += hasSpan ? (uint)span.Length : 1;    // a device gets byte by byte, as from rep stosb
        }

        return done;
    }

    /// <summary>Finds the frame of an address, and resolves faults on the way. Fills the translation cache.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryTranslate(VirtualAddress address, AccessKind access, out FrameNumber frame, out MemoryFault fault)
    {
        PageTableEntry entry = Translate(address, access);
        frame = entry.Frame;
        bool hasBytes = entry.IsPresent && _ram.HasBytes(frame);    // a host may have written an entry beyond RAM
        fault = hasBytes ? default : entry.IsPresent ? new(MemoryFaultKind.BusError, address) : FaultAt(address, entry);
        return hasBytes;
    }

    /// <summary>Returns the page's entry, and resolves the faults of the access. Fills the translation cache.</summary>
    /// <remarks>If the access is refused, the entry is not present and holds the outcome in its other bits.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageTableEntry Translate(VirtualAddress address, AccessKind access) =>
        _guard.IsHere ? TranslateHere(address.Page, access) : MmuTurns.Translate(this, address, access);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PageTableEntry TranslateHere(PageNumber page, AccessKind access)
    {
        EntrySlot slot = UserWalk.Find(_tables, _ram, page);
        if (slot.HasTable && UserWalk.Use(slot, access == AccessKind.Write) is { IsPresent: true } entry)
        {
            if (HoldsBack) Watched!.ReportHit(entry, entry);    // no fault notifies the policy
            return Remember(page, entry, access);
        }

        return access == AccessKind.Write ? FaultOnWrite(page, slot) : FaultOnRead(page, slot);
    }

    // Two methods, so that the access is a constant in each and in all that is inlined into it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultOnRead(PageNumber page, EntrySlot slot) =>
        slot.IsWide ? FaultOnReadWide(page, slot) : Fault(page, AccessKind.Read, slot);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultOnWrite(PageNumber page, EntrySlot slot) =>
        slot.IsWide ? FaultOnWriteWide(page, slot) : Fault(page, AccessKind.Write, slot);

    // The same for PAE: a test of the slot's width comes first, so that the compiler drops the later ones.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultOnReadWide(PageNumber page, EntrySlot slot) => slot.IsWide ? Fault(page, AccessKind.Read, slot) : default;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultOnWriteWide(PageNumber page, EntrySlot slot) => slot.IsWide ? Fault(page, AccessKind.Write, slot) : default;

    /// <summary>Handles a fault. Almost all faults end in a first turn with the slot of the walk, and need no second walk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageTableEntry Fault(PageNumber page, AccessKind access, EntrySlot slot)
    {
        if (!slot.HasTable || HoldsBack) return FaultFromAnyTable(page, access);    // which compares the entry before with the one after
        FaultOutcome outcome = _faults.Handle(_space, new(page, access), slot);
        return outcome == FaultOutcome.Resolved && UserWalk.Use(slot, access == AccessKind.Write) is { IsPresent: true } entry
            ? Remember(page, entry, access)
            : GoOn(page, access, outcome);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultFromAnyTable(PageNumber page, AccessKind access)
    {
        PageTableEntry before = _tables.Read(page);    // before the next lines change it
        _tables.OpenTable(page);    // a snapshot may have closed it; open, its entry may do without a fault
        PageTableEntry entry = UserWalk.Translate(_tables, _ram, page, access == AccessKind.Write);
        entry = entry.IsPresent ? Remember(page, entry, access) : GoOn(page, access, _faults.HandleAnywhere(_space, new(page, access)));
        if (HoldsBack) Watched!.ReportHit(before, entry);
        return entry;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry GoOn(PageNumber page, AccessKind access, FaultOutcome outcome)
    {
        for (int turn = 0; outcome <= FaultOutcome.ResolvedByReading; turn++)    // the two outcomes after which the access is tried again
        {
            PageTableEntry entry = UserWalk.Translate(_tables, _ram, page, access == AccessKind.Write);
            if (entry.IsPresent) return Remember(page, entry, access);
            outcome = turn < FaultTurns.TurnCountMax ? _faults.HandleAnywhere(_space, new(page, access)) : FaultOutcome.BusError;
        }

        _space.ThrowIfEnded();    // an ended process has nothing mapped: the host's mistake, no fault
        _guard.Leave();    // a callback's exception comes before the fault that it caused
        return RefusedBy(outcome);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageTableEntry Remember(PageNumber page, PageTableEntry entry, AccessKind access)
    {
        if (HoldsBack && Watched!.HoldsBack(page, entry)) return LeaveUncached(page, entry, access);
        Fill(page, entry, _ram);    // caches no right to write while a log is open (D2): that follows
        if (access == AccessKind.Write && _ram.IsWatched) NoteWrite(page, entry);
        return entry;
    }

    /// <summary>Keeps the page out of the cache, so that its next access is seen too. A watched page is accessed like a device.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry LeaveUncached(PageNumber page, PageTableEntry entry, AccessKind access)
    {
        if (access == AccessKind.Write && _ram.IsWatched) Note(page, entry);
        return Watched!.Contains(page) && _ram.HasBytes(entry.Frame) ? RefusedBy(FaultOutcome.Device) : entry;
    }

    internal static PageTableEntry RefusedBy(FaultOutcome outcome) => new((uint)outcome << 1);    // the present bit is clear

    /// <summary>Reports the next store to a processor that translates code, and to the dirty logs. Later stores hit.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteWrite(PageNumber page, PageTableEntry entry)
    {
        Note(page, entry);
        if (WatchesWrites) GrantWrite(page, entry, _ram);    // D2: only now that every log has the page
    }

    private void Note(PageNumber page, PageTableEntry entry)
    {
        _ram.NoteChanged(entry.Frame);
        _writes.NoteGrant(_space, page);    // D3: after the frame
    }

    /// <summary>On the slow path: the fault of a refused access, which is recorded if it is pending.</summary>
    internal MemoryFault RefusalAt(VirtualAddress address, PageTableEntry refused) => _space.Refuse(address, KindOf(refused));

    /// <summary>The fault of a refused access. In an engine with many threads the turn of its translation has recorded it.</summary>
    private MemoryFault FaultAt(VirtualAddress address, PageTableEntry refused) =>
        _guard.IsHere ? RefusalAt(address, refused) : new(KindOf(refused), address);

    private static MemoryFaultKind KindOf(PageTableEntry refused) => ((FaultOutcome)(refused.Word >> 1)).ToFaultKind();

    /// <summary>Resolves a page fault of a processor that walks the same tables.</summary>
    /// <param name="address">The value of CR2.</param>
    /// <param name="errorCode">The error code that the fault pushed. <see cref="PageFaultErrorCode.User"/> is assumed.</param>
    /// <returns>
    /// None: execute the instruction again, after a flush if <see cref="TranslationCache.Epoch"/> has grown. Otherwise the fault of the
    /// program.
    /// </returns>
    /// <exception cref="InvalidOperationException">The policy of the process's group wants every access.</exception>
    public MemoryFault ResolveFault(VirtualAddress address, PageFaultErrorCode errorCode)
    {
        using SlowPathTurn turn = _guard.TakeTurn();
        if (Watched is { HasPolicy: true }) MmuWatches.ThrowUnseen();    // before the fault, which has to change nothing
        EntrySlot slot = UserWalk.Find(_tables, _ram, address.Page);
        bool isWrite = (errorCode & PageFaultErrorCode.Write) != 0, isFetch = (errorCode & PageFaultErrorCode.InstructionFetch) != 0;
        PageTableEntry entry = isWrite ? FaultOnWrite(address.Page, slot) : FaultOnRead(address.Page, slot);
        if (isFetch && entry is { IsPresent: true, IsNoExecute: true })    // the walk above was that of a read, which NX allows
            entry = RefusedBy(PageFaultHandler.Count(_space, new(address.Page, AccessKind.Fetch), FaultOutcome.NotAllowed));
        MemoryFault fault = entry.IsPresent ? MemoryFault.None : RefusalAt(address, entry);
        return fault.Kind == MemoryFaultKind.Device && _tables.Read(address.Page).IsPresent ? MemoryFault.None : fault;    // a watched page
    }

    // Returned rather than passed out: a caller's variables of which the address is taken live in memory, in hits as well.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private (T Value, MemoryFault Fault) ReadMissed<T>(VirtualAddress address) where T : unmanaged
    {
        (T value, MemoryFault fault) = (default, default);
        if (address.OffsetInPage + Unsafe.SizeOf<T>() > PageBytes) ReadAcross(address, out value, out fault);
        else if (!TryTranslate(address, AccessKind.Read, out FrameNumber frame, out fault))
            TryLoadUncached(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Read, ref fault);
        else if (!TryReadHit(address, out value))    // the space has no translation cache
            value = MemoryMarshal.Read<T>(_ram.Bytes(frame)[address.OffsetInPage..]);
        return (value, fault);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private MemoryFault WriteMissed<T>(VirtualAddress address, T value) where T : unmanaged
    {
        MemoryFault fault;
        if (address.OffsetInPage + Unsafe.SizeOf<T>() > PageBytes) WriteAcross(address, value, out fault);
        else if (!TryTranslate(address, AccessKind.Write, out FrameNumber frame, out fault))
            TryStoreUncached(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)), ref fault);
        else if (!TryWriteHit(address, value)) MemoryMarshal.Write(_ram.Bytes(frame)[address.OffsetInPage..], value);
        return fault;
    }

    // Almost every value lies in one page and hits once the page is translated: one call, without a copy through memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadOrThrow<T>(VirtualAddress address) where T : unmanaged
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() <= PageBytes)
        {
            PageTableEntry entry = Translate(address, AccessKind.Read);
            if (!entry.IsPresent) return ReadRefused<T>(address, entry);
            return TryReadHit(address, out T hit) ? hit : ReadFrame<T>(address, entry.Frame);
        }

        return ReadSlowly<T>(address);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteOrThrow<T>(VirtualAddress address, T value) where T : unmanaged
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() <= PageBytes)
        {
            PageTableEntry entry = Translate(address, AccessKind.Write);
            if (!entry.IsPresent) WriteRefused(address, entry, value);
            else if (!TryWriteHit(address, value)) WriteFrame(address, entry.Frame, value);
            return;
        }

        WriteSlowly(address, value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadSlowly<T>(VirtualAddress address) where T : unmanaged
    {
        (T value, MemoryFault fault) = ReadMissed<T>(address);
        return fault.IsFault ? throw new PageFaultException(fault) : value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteSlowly<T>(VirtualAddress address, T value) where T : unmanaged
    {
        if (WriteMissed(address, value) is { IsFault: true } fault) throw new PageFaultException(fault);
    }

    // Accesses that lie in two pages. If both were used before, no walk is needed: X1 and X2 hold for each.

    private bool ReadAcross<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (this.TryReadAcross(address, out value)) return true;
        using SlowPathTurn turn = _guard.TakeTurnToLook();    // one turn for both pages: no other thread comes between
        value = default;
        int size = Unsafe.SizeOf<T>();
        return TryTouch(address, size, AccessKind.Read, out fault)    // both pages before any byte
            && CopyOut(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault) == size;
    }

    private bool WriteAcross<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (this.TryWriteAcross(address, value)) return true;
        using SlowPathTurn turn = _guard.TakeTurnToLook();
        int size = Unsafe.SizeOf<T>();
        return TryTouch(address, size, AccessKind.Write, out fault)    // both pages before any byte
            && CopyIn(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault) == size;
    }

    /// <summary>Makes every page of an access present and allowed, the lowest first, without making the access.</summary>
    internal bool TryTouch(VirtualAddress address, int byteLength, AccessKind access, out MemoryFault fault)
    {
        fault = default;
        using UnreportedAccess unreported = new(this);    // the access itself is reported, once
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            if (!TryTranslate(at, access, out _, out fault))
            {
                if (fault.Kind != MemoryFaultKind.Device) return false;    // a device's page is never present
                int inPage = Math.Min(byteLength - done, PageBytes - at.OffsetInPage);
                if (Watched?.Refuses(at, inPage, access, ref fault) == true) return false;
            }

            done += PageBytes - at.OffsetInPage;
        }

        fault = default;    // Device was no refusal here
        return true;
    }

    // Pages that are not cached: those of devices, and those whose accesses are reported. The Try methods return false and leave the
    // fault, unless it is MemoryFaultKind.Device.

    /// <summary>Reads a value in one page whose walk was refused: from a device or a watched page; otherwise throws the fault.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadRefused<T>(VirtualAddress address, PageTableEntry refused) where T : unmanaged
    {
        T value = default;
        MemoryFault fault = FaultAt(address, refused);
        bool isRead = TryLoadUncached(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Read, ref fault);
        return isRead ? value : throw new PageFaultException(fault);
    }

    /// <summary>Writes a value in one page whose walk was refused.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteRefused<T>(VirtualAddress address, PageTableEntry refused, T value) where T : unmanaged
    {
        MemoryFault fault = FaultAt(address, refused);
        if (TryStoreUncached(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)), ref fault)) return;
        throw new PageFaultException(fault);
    }

    /// <summary>Reads a value in one page that has just been translated and is not cached.</summary>
    /// <exception cref="PageFaultException">The host has written an entry whose frame has no bytes.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadFrame<T>(VirtualAddress address, FrameNumber frame) where T : unmanaged =>
        MemoryMarshal.Read<T>(BytesOrThrow(address, frame));

    /// <summary>Writes a value in one page that has just been translated and is not cached.</summary>
    /// <exception cref="PageFaultException">The host has written an entry whose frame has no bytes.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteFrame<T>(VirtualAddress address, FrameNumber frame, T value) where T : unmanaged =>
        MemoryMarshal.Write(BytesOrThrow(address, frame), value);

    private Span<byte> BytesOrThrow(VirtualAddress address, FrameNumber frame) =>
        _ram.HasBytes(frame)
            ? _ram.Bytes(frame)[address.OffsetInPage..]
            : throw new PageFaultException(new MemoryFault(MemoryFaultKind.BusError, address));

    // The walk that refused the page was in another turn than the access. If another thread has changed the page in between, neither a
    // watchpoint nor a device is found, and the page is translated again.

    /// <summary>Loads bytes that lie in one page.</summary>
    internal bool TryLoadUncached(VirtualAddress address, Span<byte> destination, AccessKind access, ref MemoryFault fault)
    {
        while (fault.Kind == MemoryFaultKind.Device)
        {
            using (_guard.TakeTurn())
            {
                if (Watched?.Refuses(address, destination.Length, access, ref fault) == true) return false;
                bool isWatched = IsWatched(address, access, out FrameNumber frame);
                if (isWatched) Watched!.Load(address, destination, _ram.Bytes(frame), access);
                if (isWatched || _faults.Devices.TryLoad(_space, address, destination, access)) fault = default;
            }

            if (!fault.IsFault) return true;
            if (TryTranslate(address, access, out FrameNumber plain, out fault))
                _ram.Bytes(plain).Slice(address.OffsetInPage, destination.Length).CopyTo(destination);
        }

        return !fault.IsFault;
    }

    /// <summary>Stores bytes that lie in one page.</summary>
    internal bool TryStoreUncached(VirtualAddress address, ReadOnlySpan<byte> source, ref MemoryFault fault)
    {
        while (fault.Kind == MemoryFaultKind.Device)
        {
            using (_guard.TakeTurn())
            {
                if (Watched?.Refuses(address, source.Length, AccessKind.Write, ref fault) == true) return false;
                bool isWatched = IsWatched(address, AccessKind.Write, out FrameNumber frame);
                if (isWatched) Watched!.Store(address, source, _ram.Bytes(frame));
                if (isWatched || _faults.Devices.TryStore(_space, address, source)) fault = default;
            }

            if (!fault.IsFault) return true;
            if (TryTranslate(address, AccessKind.Write, out FrameNumber plain, out fault))
                source.CopyTo(_ram.Bytes(plain)[address.OffsetInPage..]);
        }

        return !fault.IsFault;
    }

    /// <summary>Returns true if the page has a watchpoint and is not a device's, which handles its accesses itself.</summary>
    private bool IsWatched(VirtualAddress address, AccessKind access, out FrameNumber frame)
    {
        frame = default;
        if (Watched?.Contains(address.Page) != true) return false;
        PageTableEntry entry = UserWalk.Translate(_tables, _ram, address.Page, access == AccessKind.Write);
        frame = entry.Frame;
        return entry.IsPresent && _ram.HasBytes(frame);
    }
}
