using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Translation;

namespace Paging.Core;

/// <summary>The memory of one process as its program sees it: every access is translated and checked, and may fault.</summary>
/// <remarks>
/// A hit costs one load, one test and the access. A miss walks the real page tables as the processor does, and calls the page fault
/// handler if they refuse. An access that crosses a page border happens completely or not at all. If only its higher page faults, the
/// lower one has been made present all the same, as on the processor. Little-endian, any alignment.
/// Atomic accesses (<see cref="Add"/>, <see cref="Exchange"/>, <see cref="TryCompareExchange"/>) read and write in one operation, as x86's
/// LOCK prefix makes them: values of 1, 2, 4 and 8 bytes, at any address. Each is a full fence, and between its read and its write no other
/// access to the value comes from a thread of the same address space; at an aligned address, from no thread at all. A page that may not be
/// written faults even if the operation does not change its bytes. Cost: that of a write that hits and of one atomic instruction. A value
/// in two pages takes the slow path and stops the other threads.
/// For the engine's thread; with <see cref="EngineOptions.AllowThreads"/>, for each thread whose <see cref="VirtualProcessor"/> runs in it.
/// </remarks>
public sealed class Mmu : TranslationCache
{
    internal const int PageBytes = (int)VirtualAddress.PageSize;

    private readonly PageTranslation _translation;

    internal Mmu(TranslationPool translations, AccessParts parts, Space space) : base(translations) =>
        _translation = new(parts, space, cache: this);

    /// <summary>The internal state of the address space.</summary>
    internal Space Space => _translation.Space;
    internal AccessParts Parts => _translation.Parts;
    internal PhysicalMemory Ram => Parts.Ram;
    internal CallerCheck Callers => Parts.Callers;

    /// <summary>Called when the process has been reaped: every later access finds an empty space, and throws.</summary>
    internal void Retire(Space reaped) => _translation.Retire(reaped);

    /// <summary>Throws if the calling thread may not access the memory now. Misses check this by themselves, hits do not.</summary>
    /// <remarks>For an embedder whose code may run on any thread. Cost: below 1 ns on the engine's thread.</remarks>
    /// <exception cref="InvalidOperationException">
    /// The engine belongs to another thread, or is in the middle of a callback. With <see cref="EngineOptions.AllowThreads"/>: the
    /// thread's <see cref="VirtualProcessor"/> does not run in this memory, and the thread is not on the slow path.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CheckThread() => Parts.SharedTranslation.CheckThread(Space);

    /// <summary>Reads a value.</summary>
    /// <exception cref="PageFaultException">
    /// The access faults. <see cref="TryRead{T}(VirtualAddress, out T, out MemoryFault)"/> saves the cost of the exception.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>(VirtualAddress address) where T : unmanaged =>
        TryReadHit(address, out T value) ? value : TranslateOrThrow<T, Loading>(address, default);

    /// <summary>Writes a value.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(VirtualAddress address, T value) where T : unmanaged
    {
        if (!TryWriteHit(address, value)) TranslateOrThrow<T, Storing>(address, value);
    }

    /// <summary>Reads a value. Returns false and the fault if it cannot be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (TryReadHit(address, out value)) return true;
        (value, fault) = Miss<T, Loading>(address, default);
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
        (_, fault) = Miss<T, Storing>(address, value);
        return !fault.IsFault;
    }

    /// <summary>Writes a value. Returns false if it cannot be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryWrite<T>(VirtualAddress address, T value) where T : unmanaged => TryWrite(address, value, out _);

    /// <summary>
    /// Returns the bytes in RAM from an address to the end of its page, at most <paramref name="byteLength"/> of them, for reading.
    /// </summary>
    /// <remarks>
    /// The span is valid until the engine's next system call, fork, fault or reclaim. After that, its frame may hold another page.
    /// </remarks>
    /// <returns>False and an empty span if the access faults or the length is 0.</returns>
    public bool TryGetSpan(VirtualAddress address, int byteLength, AccessKind access, out ReadOnlySpan<byte> span, out MemoryFault fault)
    {
        AccessKinds.Check(access);
        bool isFound = TryFindSpan(address, byteLength, access, out Span<byte> found, out fault);
        span = found;
        return isFound;
    }

    /// <summary>Same as <see cref="TryGetSpan"/>, for writing: faults as a store does.</summary>
    /// <inheritdoc cref="TryGetSpan"/>
    public bool TryGetWritableSpan(VirtualAddress address, int byteLength, out Span<byte> span, out MemoryFault fault) =>
        TryFindSpan(address, byteLength, AccessKind.Write, out span, out fault);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFindSpan(VirtualAddress address, int byteLength, AccessKind access, out Span<byte> span, out MemoryFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        span = default;
        fault = default;
        int inPage = Math.Min(byteLength, PageBytes - address.OffsetInPage);    // the next page may lie in any frame
        if (inPage == 0) return false;
        if (this.TryGetSpanHit(address, inPage, access, out span)) return true;
        if (!_translation.TryTranslate(address, access, out FrameNumber frame, out fault)) return false;
        span = Ram.Bytes(frame).Slice(address.OffsetInPage, inPage);
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
            if (!this.TryCopyInHit(at, part) && !Parts.Uncached.TryStore(_translation, at, part, out fault))
                return done + Parts.Uncached.StoreBefore(_translation, fault, at, part);
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
            if (!this.TryCopyOutHit(at, part) && !Parts.Uncached.TryLoad(_translation, at, part, AccessKind.Read, out fault))
                return done + Parts.Uncached.LoadBefore(_translation, fault, at, part);
            done += part.Length;
        }

        return done;
    }

    /// <summary>Stores one byte repeatedly upwards, as <c>rep stosb</c> does, and stops at the first that cannot be written.</summary>
    /// <remarks>A watchpoint sees the bytes of a page as one store, as those of <see cref="CopyIn"/>. A device gets each.</remarks>
    /// <returns>The number of bytes stored.</returns>
    public uint Fill(VirtualAddress address, uint byteLength, byte value, out MemoryFault fault)
    {
        fault = default;
        uint done = 0;
        while (done < byteLength)
        {
            int wanted = (int)Math.Min(byteLength - done, VirtualAddress.PageSize);
            bool hasSpan = TryGetWritableSpan(address + done, wanted, out Span<byte> span, out fault);
            span.Fill(value);
            int count = hasSpan ? span.Length : Parts.Uncached.FillRefused(_translation, address + done, wanted, value, ref fault);
            done += (uint)count;
            if (fault.IsFault) break;
        }

        return done;
    }

    /// <summary>Adds to a value and returns the sum.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    public T Add<T>(VirtualAddress address, T amount) where T : unmanaged, IBinaryInteger<T> =>
        TryAdd(address, amount, out T result, out MemoryFault fault) ? result : throw new PageFaultException(fault);

    /// <summary>Adds to a value. Returns false and the fault if it cannot be written.</summary>
    public bool TryAdd<T>(VirtualAddress address, T amount, out T result, out MemoryFault fault)
        where T : unmanaged, IBinaryInteger<T>
    {
        result = default;
        if (!TryFindCell<T>(address, out Span<byte> cell, out fault))
            return Parts.Atomics.TryAdd(_translation, address, amount, out result, ref fault);
        while (true)
        {
            T old = MemoryMarshal.Read<T>(cell);    // if another thread tears it, the exchange fails
            result = unchecked(old + amount);
            if (AtomicCell.CompareExchange(cell, result, old, out _)) return true;
        }
    }

    /// <summary>Replaces a value and returns the one before.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    public T Exchange<T>(VirtualAddress address, T value) where T : unmanaged =>
        TryExchange(address, value, out T old, out MemoryFault fault) ? old : throw new PageFaultException(fault);

    /// <summary>Replaces a value. Returns false and the fault if it cannot be written.</summary>
    public bool TryExchange<T>(VirtualAddress address, T value, out T old, out MemoryFault fault) where T : unmanaged
    {
        old = default;
        if (!TryFindCell<T>(address, out Span<byte> cell, out fault))
            return Parts.Atomics.TryReplace(_translation, address, value, null, out old, ref fault);
        do old = MemoryMarshal.Read<T>(cell);
        while (!AtomicCell.CompareExchange(cell, value, old, out _));
        return true;
    }

    /// <summary>
    /// Replaces a value if it has the expected bits, and returns the one before. Returns false and the fault if it cannot be written.
    /// </summary>
    public bool TryCompareExchange<T>(
        VirtualAddress address, T value, T comparand, out T old, out MemoryFault fault) where T : unmanaged
    {
        old = default;
        if (!TryFindCell<T>(address, out Span<byte> cell, out fault))
            return Parts.Atomics.TryReplace(_translation, address, value, comparand, out old, ref fault);
        AtomicCell.CompareExchange(cell, value, comparand, out old);
        return true;
    }

    /// <summary>Replaces an aligned 32-bit word if it has the expected value.</summary>
    /// <returns>The word before, as <see cref="Interlocked.CompareExchange(ref uint, uint, uint)"/> returns it.</returns>
    /// <exception cref="PageFaultException">The access faults.</exception>
    /// <exception cref="ArgumentException">The address is not a multiple of 4.</exception>
    public uint CompareExchange(VirtualAddress address, uint value, uint comparand)
    {
        if ((address.Value & 3) != 0)
            throw new ArgumentException("An atomic access needs an address that is a multiple of 4.", nameof(address));
        return TryCompareExchange(address, value, comparand, out uint old, out MemoryFault fault)
            ? old
            : throw new PageFaultException(fault);
    }

    /// <summary>Orders every access before it with every access after it, as MFENCE does.</summary>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Embedders write mmu.Fence().")]
    public void Fence() => Interlocked.MemoryBarrier();

    /// <summary>Fetches code. Returns false and the fault if the page cannot be read, or not executed.</summary>
    /// <remarks>
    /// Classic page tables have no NX bit: what can be read can be executed, code on a stack too. Under PAE, and with
    /// <see cref="FetchRights.Areas"/>, the area needs the right to execute. A device is read by <see cref="IMemoryDevice.Fetch"/>.
    /// Cost: that of a read; where areas are asked, a lookup of some loads more, which a <see cref="FetchWindow"/> saves.
    /// </remarks>
    public bool TryFetch<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        value = default;
        // A hit proves the right to read, not to execute.
        if (Parts.Fetches.TryCheck(_translation, address, Unsafe.SizeOf<T>(), out fault) && TryReadHit(address, out value)) return true;
        if (Parts.Fetches.TryFetch(_translation, address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault)) return true;
        value = default;    // the first page's bytes, if the second has faulted
        return false;
    }

    /// <summary>Reads a value with the kernel's privilege. Returns false and the fault if nothing is mapped.</summary>
    /// <remarks>
    /// Walks the tables each time, and resolves no fault in the kernel half. RAM below 896 MiB appears from 0xC0000000 on
    /// (<see cref="PagingEngine.KernelAddressOf"/>). A user page is made present as for the program; CR0.WP is set. Memory of the host that
    /// is mapped (an image's, a device's) is reached as RAM is. In an engine with many threads, takes the slow path.
    /// </remarks>
    public bool TryReadAsSupervisor<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        value = default;
        return Parts.Supervisor.TryCopy(_translation, address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Read, out fault);
    }

    /// <summary>Writes a value with the kernel's privilege. Returns false and the fault if it cannot; nothing is written then.</summary>
    public bool TryWriteAsSupervisor<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged =>
        Parts.Supervisor.TryCopy(_translation, address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Write, out fault);

    /// <summary>Returns the physical address that the processor's walk in supervisor mode finds.</summary>
    /// <returns>False and the fault if nothing is mapped, or the access is not allowed.</returns>
    public bool TryTranslateAsSupervisor(
        VirtualAddress address, AccessKind access, out PhysicalAddress physical, out MemoryFault fault) =>
        Parts.Supervisor.TryTranslate(_translation, address, access, out physical, out fault);

    /// <summary>Reports every access to a run of bytes that goes through the <see cref="Mmu"/>, until the watchpoint is disposed.</summary>
    /// <param name="start">The first byte; nothing need be mapped there yet.</param>
    /// <param name="byteLength">The number of bytes, all of the process's pages.</param>
    /// <param name="accesses">The accesses to report.</param>
    /// <param name="handler">
    /// Called once per access and page that touch a watched byte: after the faults, before the access. The copies of
    /// system calls are accesses, too. It cannot call the engine, which is in the middle of the access. If it throws, the access does
    /// not happen, and the exception reaches the host unchanged.
    /// </param>
    /// <remarks>
    /// Not seen are accesses of a processor that walks the tables itself (but see <see cref="TryFindReported"/>), of
    /// <see cref="TryReadAsSupervisor"/>, of spans that were returned before, and those to devices, which see them directly.
    /// <see cref="TryGetSpan"/> gives no span of a watched page: it returns <see cref="MemoryFaultKind.Device"/>.
    /// Cost: accesses to other pages, nothing; to a watched page, a walk of the page tables, and O(watchpoints).
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">No byte, no kind of access, or a byte above the highest page.</exception>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public Watchpoint Watch(VirtualAddress start, uint byteLength, WatchedAccesses accesses, Action<WatchedAccess> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentOutOfRangeException.ThrowIfZero(byteLength);
        ulong room = Space.Bounds.Count.Bytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteLength, room - Math.Min(start.Value, room), nameof(byteLength));
        ArgumentOutOfRangeException.ThrowIfEqual((int)(accesses & WatchedAccesses.All), 0, nameof(accesses));
        using SlowPathHold hold = Callers.Hold();
        Space.ThrowIfEnded();    // no access would ever be reported
        return new(WatchedPages.Of(Space, Callers), new(start, byteLength, accesses, handler));
    }

    /// <summary>
    /// Finds the first page, from one on, whose accesses a processor with a TLB of its own must leave to the <see cref="Mmu"/>: a byte of
    /// it is watched, or marked in a <see cref="ByteShadow"/> that refuses accesses.
    /// </summary>
    /// <param name="from">The page to begin with.</param>
    /// <param name="page">The page; it may be unmapped.</param>
    /// <returns>False if there is none.</returns>
    /// <remarks>Cost: O(watchpoints); a test without watchpoints and a shadow.</remarks>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public bool TryFindReported(PageNumber from, out PageNumber page)
    {
        using SlowPathHold hold = Callers.Hold();
        Space.ThrowIfEnded();
        page = default;
        return Space.Watched is { } watched && watched.TryNext(from, out page);
    }

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
        using SlowPathHold hold = Callers.Hold();
        return _translation.ResolveFault(address, errorCode);
    }

    /// <summary>Finds the frame of an address, and resolves faults on the way.</summary>
    internal bool TryTranslate(VirtualAddress address, AccessKind access, out FrameNumber frame, out MemoryFault fault) =>
        _translation.TryTranslate(address, access, out frame, out fault);

    /// <summary>Makes an access that the translation cache does not hold: translates the page, with its faults, and tries again.</summary>
    // Returned rather than passed out: a caller's variables of which the address is taken live in memory, in hits as well.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private (T Value, MemoryFault Fault) Miss<T, TDirection>(VirtualAddress address, T value)
        where T : unmanaged where TDirection : struct, IAccessDirection
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() > PageBytes) return MissAcross<T, TDirection>(address, value);
        Translation translation = _translation.Resolve<TDirection>(address);
        return translation.IsPresent && TDirection.TryHit(this, address, ref value)    // as nearly always: the page is cached now
            ? (value, default)
            : AccessUncached<T, TDirection>(address, translation, value);
    }

    /// <summary>Same as <see cref="Miss"/>, and throws the fault.</summary>
    // The first steps once more, because a call of Miss costs 15 % of tlb-refill.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T TranslateOrThrow<T, TDirection>(VirtualAddress address, T value)
        where T : unmanaged where TDirection : struct, IAccessDirection
    {
        if (address.OffsetInPage + Unsafe.SizeOf<T>() > PageBytes) return OrThrow(MissAcross<T, TDirection>(address, value));
        Translation translation = _translation.Resolve<TDirection>(address);
        return translation.IsPresent && TDirection.TryHit(this, address, ref value)
            ? value
            : OrThrow(AccessUncached<T, TDirection>(address, translation, value));
    }

    private static T OrThrow<T>((T Value, MemoryFault Fault) result) =>
        result.Fault.IsFault ? throw new PageFaultException(result.Fault) : result.Value;

    /// <summary>Accesses one page that was translated and is not cached: of a device, watched, or without storage for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private (T Value, MemoryFault Fault) AccessUncached<T, TDirection>(VirtualAddress address, Translation translation, T value)
        where T : unmanaged where TDirection : struct, IAccessDirection
    {
        if (!translation.IsPresent && translation.Outcome == FaultOutcome.Device && Callers.IsHere
            && Parts.Faults.Devices.TryAccessKnown<T, TDirection>(Space, Shown, address, ref value)) return (value, default);
        MemoryFault fault = _translation.FaultOf(address, translation);
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        if (!fault.IsFault) TDirection.Move(Ram.Bytes(translation.Frame)[address.OffsetInPage..], bytes);
        else TDirection.TryRefused(Parts.Uncached, _translation, address, bytes, ref fault);
        return (value, fault);
    }

    /// <summary>Makes an access to two pages: if both are cached, without a walk, as X1 and X2 hold for each.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private (T Value, MemoryFault Fault) MissAcross<T, TDirection>(VirtualAddress address, T value)
        where T : unmanaged where TDirection : struct, IAccessDirection
    {
        if (TDirection.TryHitAcross(this, address, ref value)) return (value, default);
        Parts.SharedTranslation.CheckThread(Space);
        using SlowPathHold hold = Callers.HoldToRead();    // one hold for both pages: no other thread comes between
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        if (_translation.TryMakeAccessible(address, bytes.Length, TDirection.Kind, out MemoryFault fault))    // both pages before any byte
            _ = TDirection.Kind == AccessKind.Write ? CopyIn(address, bytes, out fault) : CopyOut(address, bytes, out fault);
        return (value, fault);
    }

    /// <summary>
    /// Finds the bytes of a value in RAM, ready to be written, if the host's processor can update them in one instruction.
    /// </summary>
    private bool TryFindCell<T>(VirtualAddress address, out Span<byte> cell, out MemoryFault fault) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() is not (1 or 2 or 4 or 8)) AtomicAccess.ThrowSize<T>();
        cell = default;
        fault = default;
        if (!AtomicCell.IsOne<T>(address)) return false;    // without a fault: the slow way is open
        if (this.TryGetSpanHit(address, Unsafe.SizeOf<T>(), AccessKind.Write, out cell)) return true;
        if (!_translation.TryTranslate(address, AccessKind.Write, out FrameNumber frame, out fault)) return false;
        cell = Ram.Bytes(frame).Slice(address.OffsetInPage, Unsafe.SizeOf<T>());
        return true;
    }
}
