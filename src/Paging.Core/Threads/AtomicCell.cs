using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Paging.Native;

namespace Paging.Core.Threads;

/// <summary>A value of 1, 2, 4 or 8 bytes in RAM that the host's processor updates in one locked instruction.</summary>
internal static class AtomicCell
{
    /// <summary>True if one instruction can update the value: it lies in one page, and is aligned unless the host is an x86.</summary>
    public static bool IsOne<T>(VirtualAddress address) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        bool isAligned = (address.Value & (uint)(size - 1)) == 0;
        return isAligned || (X86Base.IsSupported && address.OffsetInPage + size <= (int)VirtualAddress.PageSize);    // x86: split locks
    }

    /// <summary>Replaces the value if it has the expected bits. A full fence.</summary>
    /// <param name="cell">Its bytes, as many as <typeparamref name="T"/> has.</param>
    /// <param name="value">The new value.</param>
    /// <param name="comparand">The expected old value.</param>
    /// <param name="old">The actual old value.</param>
    /// <returns>True if it was replaced.</returns>
    public static bool CompareExchange<T>(Span<byte> cell, T value, T comparand, out T old) where T : unmanaged
    {
        ref byte first = ref MemoryMarshal.GetReference(cell);
        old = Unsafe.SizeOf<T>() switch
        {
            1 => As<byte, T>(Interlocked.CompareExchange(ref first, As<T, byte>(value), As<T, byte>(comparand))),
            2 => As<ushort, T>(Interlocked.CompareExchange(
                ref Unsafe.As<byte, ushort>(ref first), As<T, ushort>(value), As<T, ushort>(comparand))),
            4 => As<uint, T>(Interlocked.CompareExchange(
                ref Unsafe.As<byte, uint>(ref first), As<T, uint>(value), As<T, uint>(comparand))),
            _ => As<ulong, T>(Interlocked.CompareExchange(
                ref Unsafe.As<byte, ulong>(ref first), As<T, ulong>(value), As<T, ulong>(comparand))),
        };
        return AreEqual(old, comparand);
    }

    /// <summary>True if two values have the same bits.</summary>
    public static bool AreEqual<T>(T left, T right) where T : unmanaged =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in left)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in right)));

    private static TTo As<TFrom, TTo>(TFrom value) where TFrom : unmanaged where TTo : unmanaged => Unsafe.As<TFrom, TTo>(ref value);
}
