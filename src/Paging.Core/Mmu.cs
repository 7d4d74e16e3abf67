using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core;

/// <summary>The memory of one process as its program sees it: every access is translated, checked, and may fault.</summary>
/// <remarks>
/// A hit costs one load, one test and the access. A miss walks the real page tables as the processor does, and calls the page fault
/// handler where they refuse. An access that crosses a page happens as a whole or not at all; where only its higher page faults, the lower
/// one has been made present all the same, as on the processor. Little-endian, any alignment.
/// Not thread-safe; see <see cref="PagingEngine"/>.
/// </remarks>
public sealed class Mmu : TranslationCache
{
    private readonly Space _space;
    private readonly ThreadGuard _guard;
    private readonly PageFaultHandler _faults;
    private readonly PhysicalMemory _ram;
    private readonly PageTables _tables;

    internal Mmu(MachineParts machine, OpenFileTable files, PageFaultHandler faults, SpaceIndex index) : base(machine.Translations)
    {
        _guard = machine.Guard;
        _faults = faults;
        _ram = machine.Ram;
        _tables = new(_ram, machine.Frames, machine.Allocator, this);
        _space = new(index, machine.Areas, files, _tables, this);
    }

    /// <summary>The state of the address space.</summary>
    internal Space Space => _space;

    /// <summary>The same memory with the kernel's privilege: the kernel half can be reached, user pages obey CR0.WP.</summary>
    public SupervisorAccess Supervisor => new(this, _space, _guard, _ram);

    /// <summary>Reads a value.</summary>
    /// <exception cref="PageFaultException">The access faults. <see cref="TryRead{T}(VirtualAddress, out T, out MemoryFault)"/> says so by value, 35 faults faster.</exception>
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

    /// <summary>Reads a value; false and the fault where it cannot be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        return TryReadHit(address, out value) || ReadMissed(address, out value, out fault);
    }

    /// <summary>Reads a value; false where it cannot be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(VirtualAddress address, out T value) where T : unmanaged =>
        TryReadHit(address, out value) || ReadMissed(address, out value, out _);

    /// <summary>Writes a value; false and the fault where it cannot be written. Then nothing has been.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        return TryWriteHit(address, value) || WriteMissed(address, value, out fault);
    }

    /// <summary>Writes a value; false where it cannot be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite<T>(VirtualAddress address, T value) where T : unmanaged =>
        TryWriteHit(address, value) || WriteMissed(address, value, out _);

    /// <summary>The bytes from an address to the end of its page, at most <paramref name="byteLength"/> of them, as they lie in RAM.</summary>
    /// <remarks>
    /// Valid until the next system call, fork, fault or reclaim of this engine: a span outlives its translation. Writing through one that was
    /// asked for reading corrupts what other mappings share.
    /// </remarks>
    /// <returns>False, and an empty span, where the access faults; also for a length of 0.</returns>
    public bool TryGetSpan(VirtualAddress address, int byteLength, AccessKind access, out Span<byte> span, out MemoryFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        span = default;
        fault = default;
        int inPage = Math.Min(byteLength, 4096 - address.OffsetInPage);
        if (inPage == 0) return false;
        if (TryGetSpanHit(address, inPage, access, out span)) return true;
        if (!TryTranslate(address, access, out FrameNumber frame, out fault)) return false;
        span = _ram.Bytes(frame).Slice(address.OffsetInPage, inPage);
        return true;
    }

    /// <summary>Copies bytes into the process's memory, upwards, to the first one that cannot be written.</summary>
    /// <returns>How many were copied, as copy_to_user counts them.</returns>
    public int CopyIn(VirtualAddress address, ReadOnlySpan<byte> source, out MemoryFault fault)
    {
        fault = default;
        int done = 0;
        while (done < source.Length)
        {
            VirtualAddress at = address + (uint)done;
            ReadOnlySpan<byte> part = source.Slice(done, Math.Min(source.Length - done, 4096 - at.OffsetInPage));
            if (!TryCopyInHit(at, part))
            {
                if (!TryTranslate(at, AccessKind.Write, out FrameNumber frame, out fault)) break;
                part.CopyTo(_ram.Bytes(frame)[at.OffsetInPage..]);
            }

            done += part.Length;
        }

        return done;
    }

    /// <summary>Copies bytes out of the process's memory, upwards, to the first one that cannot be read.</summary>
    /// <returns>How many were copied, as copy_from_user counts them.</returns>
    public int CopyOut(VirtualAddress address, Span<byte> destination, out MemoryFault fault)
    {
        fault = default;
        int done = 0;
        while (done < destination.Length)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = destination.Slice(done, Math.Min(destination.Length - done, 4096 - at.OffsetInPage));
            if (!TryCopyOutHit(at, part))
            {
                if (!TryTranslate(at, AccessKind.Read, out FrameNumber frame, out fault)) break;
                _ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
            }

            done += part.Length;
        }

        return done;
    }

    /// <summary>Stores one byte over and over, upwards, to the first that cannot be written, as <c>rep stosb</c> does.</summary>
    /// <returns>How many were stored.</returns>
    public uint Fill(VirtualAddress address, uint byteLength, byte value, out MemoryFault fault)
    {
        fault = default;
        uint done = 0;
        while (done < byteLength && TryGetSpan(address + done, (int)Math.Min(byteLength - done, 4096), AccessKind.Write, out Span<byte> span, out fault))
        {
            span.Fill(value);
            done += (uint)span.Length;
        }

        return done;
    }

    /// <summary>Adds to a value in one access for writing, and says what it is afterwards.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    public T Add<T>(VirtualAddress address, T amount) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        TryAdd(address, amount, out T result, out MemoryFault fault) ? result : throw new PageFaultException(fault);

    /// <summary>Adds to a value in one access for writing; false and the fault where it cannot be written.</summary>
    public bool TryAdd<T>(VirtualAddress address, T amount, out T result, out MemoryFault fault) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        result = default;
        if (!TryTouch(address, Unsafe.SizeOf<T>(), AccessKind.Write, out fault)) return false;
        if (!TryRead(address, out T old, out fault)) return false;
        result = unchecked(old + amount);
        return TryWrite(address, result, out fault);
    }

    /// <summary>Replaces an aligned 32-bit word if it is what was expected, in one atomic access for writing.</summary>
    /// <returns>The word found, as <see cref="Interlocked.CompareExchange(ref uint, uint, uint)"/> gives it.</returns>
    /// <exception cref="PageFaultException">The access faults.</exception>
    /// <exception cref="ArgumentException">The address is not a multiple of 4.</exception>
    public uint CompareExchange(VirtualAddress address, uint value, uint comparand)
    {
        if ((address.Value & 3) != 0) throw new ArgumentException("An atomic access is aligned to its size.", nameof(address));
        if (!TryTranslate(address, AccessKind.Write, out FrameNumber frame, out MemoryFault fault)) throw new PageFaultException(fault);
        return Interlocked.CompareExchange(ref _ram.Words(frame)[address.OffsetInPage >> 2], value, comparand);
    }

    /// <summary>Makes every page of an access present and allowed, the lowest first, without the access itself.</summary>
    internal bool TryTouch(VirtualAddress address, int byteLength, AccessKind access, out MemoryFault fault)
    {
        fault = default;
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            if (!TryTranslate(at, access, out _, out fault)) return false;
            done += 4096 - at.OffsetInPage;
        }

        return true;
    }

    /// <summary>Where an address lies, after whatever faults that takes. Fills the translation cache.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryTranslate(VirtualAddress address, AccessKind access, out FrameNumber frame, out MemoryFault fault)
    {
        PageTableEntry entry = Translate(address.Page, access);
        frame = entry.Frame;
        fault = entry.IsPresent ? default : RefusalAt(address, entry);
        return entry.IsPresent;
    }

    /// <summary>The page's entry after whatever faults the access takes; not present, and in the outcome's bits, where it is refused. Fills the translation cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageTableEntry Translate(PageNumber page, AccessKind access)
    {
        _guard.Enter();
        EntrySlot slot = UserWalk.Find(_ram, _tables.Directory, page);
        if (slot.HasTable && UserWalk.Use(slot, access == AccessKind.Write) is { IsPresent: true } entry) return Remember(page, entry, access);
        return access == AccessKind.Write ? FaultOnWrite(page, slot) : FaultOnRead(page, slot);
    }

    // Apart, so that in each the access is a constant all the way down.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultOnRead(PageNumber page, EntrySlot slot) => Fault(page, AccessKind.Read, slot);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultOnWrite(PageNumber page, EntrySlot slot) => Fault(page, AccessKind.Write, slot);

    /// <summary>A first turn with the slot that the walk has found ends nearly every fault; no second walk is needed then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageTableEntry Fault(PageNumber page, AccessKind access, EntrySlot slot)
    {
        if (!slot.HasTable) return FaultFromAnyTable(page, access);
        FaultOutcome outcome = _faults.Handle(_space, new(page, access), slot);
        return outcome == FaultOutcome.Resolved && UserWalk.Use(slot, access == AccessKind.Write) is { IsPresent: true } entry
            ? Remember(page, entry, access)
            : GoOn(page, access, outcome);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry FaultFromAnyTable(PageNumber page, AccessKind access)
    {
        PageTableEntry entry = UserWalk.Translate(_ram, _tables.Directory, page, access == AccessKind.Write);
        return entry.IsPresent ? Remember(page, entry, access) : GoOn(page, access, _faults.HandleAnywhere(_space, new(page, access)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageTableEntry GoOn(PageNumber page, AccessKind access, FaultOutcome outcome)
    {
        while (outcome <= FaultOutcome.ResolvedByReading)
        {
            PageTableEntry entry = UserWalk.Translate(_ram, _tables.Directory, page, access == AccessKind.Write);
            if (entry.IsPresent) return Remember(page, entry, access);
            outcome = _faults.HandleAnywhere(_space, new(page, access));
        }

        _space.ThrowIfEnded();
        return new((uint)outcome << 1);    // P is clear
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageTableEntry Remember(PageNumber page, PageTableEntry entry, AccessKind access)
    {
        Fill(page, entry, _ram);
        if (access == AccessKind.Write) _ram.Code?.Changed(entry.Frame);    // a processor has to see the store that follows
        return entry;
    }

    private static MemoryFault RefusalAt(VirtualAddress address, PageTableEntry refused) => new(KindOf((FaultOutcome)(refused.Word >> 1)), address);

    /// <summary>A page fault of a processor that walks the same tables: resolves it, or says what the program did wrong.</summary>
    /// <param name="address">What CR2 holds.</param>
    /// <param name="errorCode">What the fault pushed; <see cref="PageFaultErrorCode.User"/> is taken for granted.</param>
    /// <returns><see cref="MemoryFault.None"/>: execute the instruction again, after a flush if <see cref="TranslationCache.Epoch"/> has grown.</returns>
    public MemoryFault ResolveFault(VirtualAddress address, PageFaultErrorCode errorCode)
    {
        _guard.Enter();
        EntrySlot slot = UserWalk.Find(_ram, _tables.Directory, address.Page);
        PageTableEntry entry = (errorCode & PageFaultErrorCode.Write) != 0 ? FaultOnWrite(address.Page, slot) : FaultOnRead(address.Page, slot);
        return entry.IsPresent ? MemoryFault.None : RefusalAt(address, entry);
    }

    private static MemoryFaultKind KindOf(FaultOutcome outcome) => outcome switch
    {
        FaultOutcome.NotMapped => MemoryFaultKind.NotMapped,
        FaultOutcome.NotAllowed => MemoryFaultKind.NotAllowed,
        FaultOutcome.BusError => MemoryFaultKind.BusError,
        _ => MemoryFaultKind.OutOfMemory,
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadMissed<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() > 4096) return ReadAcross(address, out value, out fault);
        value = default;
        if (!TryTranslate(address, AccessKind.Read, out FrameNumber frame, out fault)) return false;
        if (!TryReadHit(address, out value)) value = MemoryMarshal.Read<T>(_ram.Bytes(frame)[address.OffsetInPage..]);    // no room for translations
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool WriteMissed<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() > 4096) return WriteAcross(address, value, out fault);
        if (!TryTranslate(address, AccessKind.Write, out FrameNumber frame, out fault)) return false;
        if (!TryWriteHit(address, value)) MemoryMarshal.Write(_ram.Bytes(frame)[address.OffsetInPage..], value);
        return true;
    }

    // Where both pages were used before, no walk is needed: X1 and X2 hold for each.
    private bool ReadAcross<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (TryReadAcross(address, out value)) return true;
        value = default;
        int size = Unsafe.SizeOf<T>();
        return TryTouch(address, size, AccessKind.Read, out fault)
            && CopyOut(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault) == size;
    }

    private bool WriteAcross<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (TryWriteAcross(address, value)) return true;
        int size = Unsafe.SizeOf<T>();
        return TryTouch(address, size, AccessKind.Write, out fault)
            && CopyIn(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault) == size;
    }

    // Nearly always the value lies in one page and is hit once that is translated: one call, and nothing handed over in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadOrThrow<T>(VirtualAddress address) where T : unmanaged
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() <= 4096)
        {
            PageTableEntry entry = Translate(address.Page, AccessKind.Read);
            if (!entry.IsPresent) Throw(address, entry);
            if (TryReadHit(address, out T hit)) return hit;
        }

        return ReadSlowly<T>(address);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteOrThrow<T>(VirtualAddress address, T value) where T : unmanaged
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() <= 4096)
        {
            PageTableEntry entry = Translate(address.Page, AccessKind.Write);
            if (!entry.IsPresent) Throw(address, entry);
            if (TryWriteHit(address, value)) return;
        }

        WriteSlowly(address, value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadSlowly<T>(VirtualAddress address) where T : unmanaged =>
        ReadMissed(address, out T value, out MemoryFault fault) ? value : throw new PageFaultException(fault);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteSlowly<T>(VirtualAddress address, T value) where T : unmanaged
    {
        if (!WriteMissed(address, value, out MemoryFault fault)) throw new PageFaultException(fault);
    }

    [DoesNotReturn]
    private static void Throw(VirtualAddress address, PageTableEntry refused) => throw new PageFaultException(RefusalAt(address, refused));
}
