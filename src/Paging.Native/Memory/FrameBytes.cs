using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Paging.Native.Memory;

/// <summary>The loops over the 4096 bytes of one frame: clear, copy, fill, compare.</summary>
/// <remarks>
/// Unrolled vectors with ordinary stores beat the C library at this size, because the guest touches the page next and finds
/// it in the cache; stores past the cache win only for frames that are not read soon. 64-byte vectors where
/// the host has them, 32-byte ones otherwise; without vector hardware the same loops run on plain words.
/// Every pointer is the start of a frame: 4096 bytes, aligned to 4096.
/// </remarks>
internal static class FrameBytes
{
    /// <summary>The bytes of a frame.</summary>
    public const int Length = (int)VirtualAddress.PageSize;

    /// <summary>Zeroes a frame that is about to be used.</summary>
    // SAFETY: as Fill.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Clear(byte* frame) => Fill(frame, 0);

    /// <summary>Sets every byte.</summary>
    // SAFETY: the caller has found a whole frame in RAM; the loop writes its 4096 bytes and ends there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Fill(byte* frame, byte pattern)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<byte> value = Vector512.Create(pattern);
            for (byte* end = frame + Length; frame < end; frame += 256)
            {
                value.Store(frame);
                value.Store(frame + 64);
                value.Store(frame + 128);
                value.Store(frame + 192);
            }
        }
        else
        {
            FillNarrow(frame, pattern);
        }
    }

    /// <summary><see cref="Fill"/> on a host without 64-byte vectors.</summary>
    // SAFETY: as Fill.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void FillNarrow(byte* frame, byte pattern)
    {
        Vector256<byte> value = Vector256.Create(pattern);
        for (byte* end = frame + Length; frame < end; frame += 128)
        {
            value.Store(frame);
            value.Store(frame + 32);
            value.Store(frame + 64);
            value.Store(frame + 96);
        }
    }

    /// <summary>Zeroes a frame that is not touched soon: the stores go past the cache, and are visible when this returns.</summary>
    // SAFETY: as Fill; frames are aligned to 4096 bytes, more than these stores need.
    public static unsafe void ClearAhead(byte* frame)
    {
        for (byte* end = frame + Length; frame < end; frame += 128)
        {
            Vector256<byte>.Zero.StoreAlignedNonTemporal(frame);
            Vector256<byte>.Zero.StoreAlignedNonTemporal(frame + 32);
            Vector256<byte>.Zero.StoreAlignedNonTemporal(frame + 64);
            Vector256<byte>.Zero.StoreAlignedNonTemporal(frame + 96);
        }
        Interlocked.MemoryBarrier();    // such stores are not ordered before later ones without a fence
    }

    /// <summary>Copies a frame; source and destination are different frames.</summary>
    // SAFETY: both are whole frames in RAM, as for Fill.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Copy(byte* source, byte* destination)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            for (byte* end = source + Length; source < end; source += 256, destination += 256)
            {
                Vector512<byte> first = Vector512.Load(source), second = Vector512.Load(source + 64);
                Vector512<byte> third = Vector512.Load(source + 128), fourth = Vector512.Load(source + 192);
                first.Store(destination);
                second.Store(destination + 64);
                third.Store(destination + 128);
                fourth.Store(destination + 192);
            }
        }
        else
        {
            CopyNarrow(source, destination);
        }
    }

    /// <summary><see cref="Copy"/> on a host without 64-byte vectors.</summary>
    // SAFETY: as Copy.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void CopyNarrow(byte* source, byte* destination)
    {
        for (byte* end = source + Length; source < end; source += 128, destination += 128)
        {
            Vector256<byte> first = Vector256.Load(source), second = Vector256.Load(source + 32);
            Vector256<byte> third = Vector256.Load(source + 64), fourth = Vector256.Load(source + 96);
            first.Store(destination);
            second.Store(destination + 32);
            third.Store(destination + 64);
            fourth.Store(destination + 96);
        }
    }

    /// <summary>
    /// Copies part of a frame from or to the host's memory, which may be the frame itself. A whole one goes by the loop above.
    /// </summary>
    // SAFETY: Copy is used only where both spans are 4096 bytes long; spans check themselves.
    public static unsafe void CopyPart(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            if (source.Length == Length && (ulong)(to - from + Length) >= 2 * Length) Copy(from, to);
            else source.CopyTo(destination);
        }
    }

    /// <summary>True when every byte is the pattern; stops at the first 64 bytes that are not.</summary>
    // SAFETY: as Fill; only reads.
    public static unsafe bool IsFilledWith(byte* frame, byte pattern)
    {
        Vector512<byte> value = Vector512.Create(pattern);
        for (byte* end = frame + Length; frame < end; frame += 64)
            if (Vector512.Load(frame) != value) return false;
        return true;
    }
}
