using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Paging.Native.Translation;

/// <summary>Accesses that lie in two pages, both of which a <see cref="TranslationCache"/> holds.</summary>
internal static class TranslationCrossings
{
    /// <summary>Reads a value that lies in two pages, if both are cached for reading.</summary>
    // SAFETY: HostForRead has found both pages; the bytes read of each end with the page.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe bool TryReadAcross<T>(this TranslationCache cache, VirtualAddress address, out T value) where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        int lower = (int)VirtualAddress.PageSize - address.OffsetInPage, upper = sizeof(T) - lower;
        byte* low = cache.HostForRead(address), high = cache.HostForRead(address + (uint)lower);
        if (low == null || high == null || upper is <= 0 or > (int)VirtualAddress.PageSize) return false;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        new ReadOnlySpan<byte>(low, lower).CopyTo(bytes);
        new ReadOnlySpan<byte>(high, upper).CopyTo(bytes[lower..]);
        return true;
    }

    /// <summary>Writes a value that lies in two pages, if both are cached for writing. Otherwise nothing is written.</summary>
    // SAFETY: HostForWrite has found both pages; the bytes written to each end with the page.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe bool TryWriteAcross<T>(this TranslationCache cache, VirtualAddress address, T value) where T : unmanaged
    {
        int lower = (int)VirtualAddress.PageSize - address.OffsetInPage, upper = sizeof(T) - lower;
        byte* low = cache.HostForWrite(address), high = cache.HostForWrite(address + (uint)lower);
        if (low == null || high == null || upper is <= 0 or > (int)VirtualAddress.PageSize) return false;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value));
        bytes[..lower].CopyTo(new(low, lower));
        bytes[lower..].CopyTo(new(high, upper));
        return true;
    }

    /// <summary>True if a value does not lie within one page.</summary>
    // Folds to one test where the value lies at a multiple of its size, and to two more elsewhere; for single bytes to nothing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CrossesPage<T>(uint address) where T : unmanaged
    {
        uint length = (uint)Unsafe.SizeOf<T>();    // known when this is compiled for T
        if (length == 1) return false;
        if (uint.IsPow2(length) && length <= VirtualAddress.PageSize && (address & (length - 1)) == 0) return false;
        return length > VirtualAddress.PageSize || (address & VirtualAddress.OffsetMask) > VirtualAddress.PageSize - length;
    }
}
