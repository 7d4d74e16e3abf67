using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Core;

/// <summary>Accesses of an <see cref="Mmu"/> that read and write in one operation.</summary>
public static class MmuAtomics
{
    /// <summary>Adds to a value in one access for writing, and returns the sum.</summary>
    /// <exception cref="PageFaultException">The access faults. Nothing has been written.</exception>
    public static T Add<T>(this Mmu mmu, VirtualAddress address, T amount) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        mmu.TryAdd(address, amount, out T result, out MemoryFault fault) ? result : throw new PageFaultException(fault);

    /// <summary>Adds to a value in one access for writing. Returns false and the fault if it cannot be written.</summary>
    public static bool TryAdd<T>(this Mmu mmu, VirtualAddress address, T amount, out T result, out MemoryFault fault)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        ArgumentNullException.ThrowIfNull(mmu);
        result = default;
        if (!mmu.TryTouch(address, Unsafe.SizeOf<T>(), AccessKind.Write, out fault)) return false;
        if (!mmu.TryRead(address, out T old, out fault)) return false;
        result = unchecked(old + amount);
        return mmu.TryWrite(address, result, out fault);
    }

    /// <summary>Replaces an aligned 32-bit word if it has the expected value, in one atomic access for writing.</summary>
    /// <returns>The word before, as <see cref="Interlocked.CompareExchange(ref uint, uint, uint)"/> returns it.</returns>
    /// <exception cref="PageFaultException">The access faults.</exception>
    /// <exception cref="ArgumentException">The address is not a multiple of 4.</exception>
    public static uint CompareExchange(this Mmu mmu, VirtualAddress address, uint value, uint comparand)
    {
        ArgumentNullException.ThrowIfNull(mmu);
        if ((address.Value & 3) != 0)
            throw new ArgumentException("An atomic access needs an address that is a multiple of 4.", nameof(address));
        if (!mmu.TryTranslate(address, AccessKind.Write, out FrameNumber frame, out MemoryFault fault))
            return CompareExchangeAtDevice(mmu, address, value, comparand, fault);
        return Interlocked.CompareExchange(ref mmu.Ram.Words(frame)[address.OffsetInPage >> 2], value, comparand);
    }

    private static uint CompareExchangeAtDevice(Mmu mmu, VirtualAddress address, uint value, uint comparand, MemoryFault fault)
    {
        Span<uint> word = stackalloc uint[1];
        Span<byte> bytes = MemoryMarshal.AsBytes(word);
        MemoryFault stored = fault;
        if (!mmu.TryLoadUncached(address, bytes, AccessKind.Read, ref fault)) throw new PageFaultException(fault);
        uint old = word[0];
        if (old == comparand) word[0] = value;
        mmu.TryStoreUncached(address, bytes, ref stored);    // CMPXCHG stores the old value if the comparison fails
        return old;
    }
}
