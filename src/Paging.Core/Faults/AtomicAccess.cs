using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>
/// Atomic accesses that the host's processor cannot make in one instruction, because the value lies in two pages, belongs to a device, or
/// is watched: they stop the other threads.
/// </summary>
internal sealed class AtomicAccess(CallerCheck callers, UncachedAccess uncached, SharedTranslation shared)
{
    /// <summary>Adds to a value. Returns false and the fault if it cannot be written.</summary>
    public bool TryAdd<T>(PageTranslation translation, VirtualAddress address, T amount, out T result, ref MemoryFault fault)
        where T : unmanaged, IBinaryInteger<T>
    {
        result = default;
        if (!CanGoSlowly<T>(address, fault)) return false;
        shared.CheckThread(translation.Space);
        using SlowPathHold hold = callers.Hold();
        if (!TryReadAlone(translation, address, out T old, out fault)) return false;
        result = unchecked(old + amount);
        return TryWrite(translation, address, result, out fault);
    }

    /// <summary>Replaces a value, with a comparand only if the bits are equal. Returns false and the fault if it cannot.</summary>
    public bool TryReplace<T>(PageTranslation translation, VirtualAddress address, T value, T? comparand, out T old, ref MemoryFault fault)
        where T : unmanaged
    {
        old = default;
        if (!CanGoSlowly<T>(address, fault)) return false;
        shared.CheckThread(translation.Space);
        using SlowPathHold hold = callers.Hold();
        if (!TryReadAlone(translation, address, out old, out fault)) return false;
        bool isEqual = comparand is not { } expected || AtomicCell.AreEqual(old, expected);    // null: an exchange, which always stores
        return TryWrite(translation, address, isEqual ? value : old, out fault);    // CMPXCHG stores the old value if the comparison fails
    }

    /// <exception cref="NotSupportedException">No processor has an atomic access of this size.</exception>
    [DoesNotReturn]
    public static void ThrowSize<T>() where T : unmanaged =>
        throw new NotSupportedException($"An atomic access has 1, 2, 4 or 8 bytes; {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");

    /// <summary>Returns true if the value is a device's, is watched, or cannot be updated in one instruction where it lies.</summary>
    private static bool CanGoSlowly<T>(VirtualAddress address, in MemoryFault fault) where T : unmanaged =>
        fault.Kind == MemoryFaultKind.Device || !AtomicCell.IsOne<T>(address);

    /// <summary>Reads a value that no other thread of the space can write until the hold ends: their stores miss, and wait.</summary>
    private bool TryReadAlone<T>(PageTranslation translation, VirtualAddress address, out T value,
        out MemoryFault fault) where T : unmanaged
    {
        value = default;
        int size = Unsafe.SizeOf<T>();
        // Faults before the read, as with LOCK
        if (!translation.TryMakeAccessible(address, size, AccessKind.Write, out fault)) return false;
        TranslationCache cache = translation.Space.Translations;
        cache.ForgetWrite(address.Page);    // stores of other threads to either page miss from now on
        cache.ForgetWrite((address + (uint)(size - 1)).Page);
        callers.Shared?.Shootdown.TrySettle();    // T13: until then they may still use the translation
        if (!translation.TryMakeAccessible(address, size, AccessKind.Read, out fault)) return false;    // a shadow may allow writing alone
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        int lower = LowerOf(address, size);
        return uncached.TryLoad(translation, address, bytes[..lower], AccessKind.Read, out fault)
            && (lower == size || uncached.TryLoad(translation, address + (uint)lower, bytes[lower..], AccessKind.Read, out fault));
    }

    private bool TryWrite<T>(PageTranslation translation, VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value));
        int lower = LowerOf(address, bytes.Length);
        return uncached.TryStore(translation, address, bytes[..lower], out fault)
            && (lower == bytes.Length || uncached.TryStore(translation, address + (uint)lower, bytes[lower..], out fault));
    }

    /// <summary>The number of the value's bytes that lie in its first page.</summary>
    private static int LowerOf(VirtualAddress address, int size) => Math.Min(size, (int)VirtualAddress.PageSize - address.OffsetInPage);
}
