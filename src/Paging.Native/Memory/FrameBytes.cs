using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Paging.Native.Memory;

/// <summary>The loops over the 4096 bytes of one frame: clear, copy, fill, compare.</summary>
/// <remarks>
/// The guest touches the page next, so ordinary stores leave it in the cache; stores past the cache win only for frames that are not read
/// soon. Which loop copies and clears fastest depends on the host, and is measured (<see cref="FrameLoops"/>). Without vector hardware the
/// same loops run on plain words.
/// Every pointer is the start of a frame: 4096 bytes, aligned to 4096.
/// </remarks>
internal static class FrameBytes
{
    /// <summary>The bytes of a frame.</summary>
    public const int Length = (int)VirtualAddress.PageSize;

    /// <summary>Zeroes a frame that is about to be used.</summary>
    // SAFETY: as Fill.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Clear(byte* frame) => Clear(FrameLoops.OfClear, frame);

    /// <summary>Zeroes a frame by a loop.</summary>
    // SAFETY: as Fill.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Clear(FrameLoop loop, byte* frame)
    {
        if (loop == FrameLoop.Library) NativeMemory.Clear(frame, Length);
        else if (Vector512.IsHardwareAccelerated && loop == FrameLoop.Vectors64) Fill64(frame, Vector512<byte>.Zero);
        else Fill32(frame, Vector256<byte>.Zero);
    }

    /// <summary>Sets every byte.</summary>
    // SAFETY: the caller has found a whole frame in RAM; the loops write its 4096 bytes and end there.
    public static unsafe void Fill(byte* frame, byte pattern) => Fill32(frame, Vector256.Create(pattern));

    // SAFETY: as Fill.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Fill64(byte* frame, Vector512<byte> value)
    {
        for (byte* end = frame + Length; frame < end; frame += 256)
        {
            value.Store(frame);
            value.Store(frame + 64);
            value.Store(frame + 128);
            value.Store(frame + 192);
        }
    }

    // SAFETY: as Fill.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Fill32(byte* frame, Vector256<byte> value)
    {
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
    public static unsafe void Copy(byte* source, byte* destination) => Copy(FrameLoops.OfCopy, source, destination);

    /// <summary>Copies a frame by a loop.</summary>
    // SAFETY: as above.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Copy(FrameLoop loop, byte* source, byte* destination)
    {
        if (loop == FrameLoop.Library) Buffer.MemoryCopy(source, destination, Length, Length);
        else if (Vector512.IsHardwareAccelerated && loop == FrameLoop.Vectors64) Copy64(source, destination);
        else Copy32(source, destination);
    }

    // SAFETY: as Copy.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Copy64(byte* source, byte* destination)
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

    // SAFETY: as Copy.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Copy32(byte* source, byte* destination)
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
