using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Translation;

namespace Paging.Core;

/// <summary>Accesses of an <see cref="Mmu"/> that read and write in one operation, as x86's LOCK prefix makes them.</summary>
/// <remarks>
/// Values of 1, 2, 4 and 8 bytes, at any address. Each is a full fence, and between its read and its write no other access to the value
/// comes from a thread of the same address space; at an aligned address, from no thread at all. A page that may not be written faults even
/// if the operation does not change its bytes, as on the processor.
/// Cost: that of a write that hits and of one atomic instruction. A value in two pages takes the slow path and stops the other threads.
/// </remarks>
public static class MmuAtomics
{
    /// <summary>Adds to a value and returns the sum.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    public static T Add<T>(this Mmu mmu, VirtualAddress address, T amount) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        mmu.TryAdd(address, amount, out T result, out MemoryFault fault) ? result : throw new PageFaultException(fault);

    /// <summary>Adds to a value. Returns false and the fault if it cannot be written.</summary>
    public static bool TryAdd<T>(this Mmu mmu, VirtualAddress address, T amount, out T result, out MemoryFault fault)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        ArgumentNullException.ThrowIfNull(mmu);
        result = default;
        if (!TryFindCell<T>(mmu, address, out Span<byte> cell, out fault))
            return CanGoSlowly<T>(address, fault) && TryAddSlowly(mmu, address, amount, out result, out fault);
        while (true)
        {
            T old = MemoryMarshal.Read<T>(cell);    // if another thread tears it, the exchange fails
            result = unchecked(old + amount);
            if (AtomicCell.CompareExchange(cell, result, old, out _)) return true;
        }
    }

    /// <summary>Replaces a value and returns the one before.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    public static T Exchange<T>(this Mmu mmu, VirtualAddress address, T value) where T : unmanaged =>
        mmu.TryExchange(address, value, out T old, out MemoryFault fault) ? old : throw new PageFaultException(fault);

    /// <summary>Replaces a value. Returns false and the fault if it cannot be written.</summary>
    public static bool TryExchange<T>(this Mmu mmu, VirtualAddress address, T value, out T old, out MemoryFault fault) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(mmu);
        old = default;
        if (!TryFindCell<T>(mmu, address, out Span<byte> cell, out fault))
            return CanGoSlowly<T>(address, fault) && TryReplaceSlowly(mmu, address, value, null, out old, out fault);
        do old = MemoryMarshal.Read<T>(cell);
        while (!AtomicCell.CompareExchange(cell, value, old, out _));
        return true;
    }

    /// <summary>
    /// Replaces a value if it has the expected bits, and returns the one before. Returns false and the fault if it cannot be written.
    /// </summary>
    public static bool TryCompareExchange<T>(
        this Mmu mmu, VirtualAddress address, T value, T comparand, out T old, out MemoryFault fault) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(mmu);
        old = default;
        if (!TryFindCell<T>(mmu, address, out Span<byte> cell, out fault))
            return CanGoSlowly<T>(address, fault) && TryReplaceSlowly(mmu, address, value, comparand, out old, out fault);
        AtomicCell.CompareExchange(cell, value, comparand, out old);
        return true;
    }

    /// <summary>Replaces an aligned 32-bit word if it has the expected value.</summary>
    /// <returns>The word before, as <see cref="Interlocked.CompareExchange(ref uint, uint, uint)"/> returns it.</returns>
    /// <exception cref="PageFaultException">The access faults.</exception>
    /// <exception cref="ArgumentException">The address is not a multiple of 4.</exception>
    public static uint CompareExchange(this Mmu mmu, VirtualAddress address, uint value, uint comparand)
    {
        ArgumentNullException.ThrowIfNull(mmu);
        if ((address.Value & 3) != 0)
            throw new ArgumentException("An atomic access needs an address that is a multiple of 4.", nameof(address));
        return mmu.TryCompareExchange(address, value, comparand, out uint old, out MemoryFault fault)
            ? old
            : throw new PageFaultException(fault);
    }

    /// <summary>Orders every access before it with every access after it, as MFENCE does.</summary>
    public static void Fence(this Mmu mmu)
    {
        ArgumentNullException.ThrowIfNull(mmu);
        Interlocked.MemoryBarrier();
    }

    /// <summary>
    /// Finds the bytes of a value in RAM, ready to be written, if the host's processor can update them in one instruction.
    /// </summary>
    private static bool TryFindCell<T>(Mmu mmu, VirtualAddress address, out Span<byte> cell, out MemoryFault fault) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() is not (1 or 2 or 4 or 8)) ThrowSize<T>();
        cell = default;
        fault = default;
        if (!AtomicCell.IsOne<T>(address)) return false;    // without a fault: the slow way is open
        if (mmu.TryGetSpanHit(address, Unsafe.SizeOf<T>(), AccessKind.Write, out cell)) return true;
        if (!mmu.TryTranslate(address, AccessKind.Write, out FrameNumber frame, out fault)) return false;
        cell = mmu.Ram.Bytes(frame).Slice(address.OffsetInPage, Unsafe.SizeOf<T>());
        return true;
    }

    /// <summary>Returns true if the value is a device's, is watched, or cannot be updated in one instruction where it lies.</summary>
    private static bool CanGoSlowly<T>(VirtualAddress address, in MemoryFault fault) where T : unmanaged =>
        fault.Kind == MemoryFaultKind.Device || !AtomicCell.IsOne<T>(address);

    private static bool TryAddSlowly<T>(Mmu mmu, VirtualAddress address, T amount, out T result, out MemoryFault fault)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        result = default;
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        if (!TryReadAlone(mmu, address, out T old, out fault)) return false;
        result = unchecked(old + amount);
        return mmu.TryWrite(address, result, out fault);
    }

    private static bool TryReplaceSlowly<T>(Mmu mmu, VirtualAddress address, T value, T? comparand, out T old, out MemoryFault fault)
        where T : unmanaged
    {
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        if (!TryReadAlone(mmu, address, out old, out fault)) return false;
        bool isEqual = comparand is not { } expected || AtomicCell.AreEqual(old, expected);    // null: an exchange, which always stores
        return mmu.TryWrite(address, isEqual ? value : old, out fault);    // CMPXCHG stores the old value if the comparison fails
    }

    /// <summary>Reads a value that no other thread of the space can write until the turn ends: their stores miss, and wait.</summary>
    private static bool TryReadAlone<T>(Mmu mmu, VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        value = default;
        int size = Unsafe.SizeOf<T>();
        if (!mmu.TryTouch(address, size, AccessKind.Write, out fault)) return false;    // faults before the read, as with LOCK
        mmu.ForgetWrite(address.Page);    // stores of other threads to either page miss from now on
        mmu.ForgetWrite((address + (uint)(size - 1)).Page);
        mmu.Guard.Shared?.Shootdown.TrySettle();    // T13: until then they may still use the translation
        return mmu.TryRead(address, out value, out fault);
    }

    private static void ThrowSize<T>() where T : unmanaged =>
        throw new NotSupportedException($"An atomic access has 1, 2, 4 or 8 bytes; {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");
}
