using System.Runtime.CompilerServices;
using Paging.Native.Memory;

namespace Paging.Native.Translation;

/// <summary>Accesses to many bytes of one page that a <see cref="TranslationCache"/> holds.</summary>
internal static class TranslationSpans
{
    /// <summary>The bytes from an address to the end of its page as they lie in RAM, if the page is cached for the access.</summary>
    // SAFETY: as TryReadHit; the caller keeps the length within the page.
    public static unsafe bool TryGetSpanHit(
        this TranslationCache cache, VirtualAddress address, int byteLength, AccessKind access, out Span<byte> span)
    {
        byte* host = access == AccessKind.Write ? cache.HostForWrite(address) : cache.HostForRead(address);
        span = host == null ? default : new(host, byteLength);
        return host != null;
    }

    /// <summary>Copies bytes out of one page, if it is cached for reading.</summary>
    // SAFETY: as TryGetSpanHit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool TryCopyOutHit(this TranslationCache cache, VirtualAddress address, Span<byte> destination)
    {
        byte* host = cache.HostForRead(address);
        if (host == null) return false;
        FrameBytes.CopyPart(new(host, destination.Length), destination);
        return true;
    }

    /// <summary>Copies bytes into one page, if it is cached for writing. Otherwise nothing is written.</summary>
    // SAFETY: as TryGetSpanHit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool TryCopyInHit(this TranslationCache cache, VirtualAddress address, ReadOnlySpan<byte> source)
    {
        byte* host = cache.HostForWrite(address);
        if (host == null) return false;
        FrameBytes.CopyPart(source, new(host, source.Length));
        return true;
    }
}
