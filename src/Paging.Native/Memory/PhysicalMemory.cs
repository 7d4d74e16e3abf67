using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Paging.Native;

/// <summary>The RAM of the simulated machine: one block of the host's memory, cut into frames of 4 KiB.</summary>
/// <remarks>
/// <code>
///   frame 0     frame 1     frame 2            frame n - 1
///  ┌───────────┬───────────┬───────────┬─ … ─┬─────────────┐
///  │ 4096 bytes│           │           │     │             │    host address = base + (frame &lt;&lt; 12)
///  └───────────┴───────────┴───────────┴─ … ─┴─────────────┘
/// </code>
/// The only place that knows the host address of a frame. All bytes are zero at first; the host commits a page when it is
/// touched, so 4 GiB are made in well under a millisecond. Every frame and range is checked against
/// the end of RAM, except where HostAddress asks for a frame that its caller has checked.
/// A span must not be used after <see cref="Dispose"/>, nor after the last reference to this object is gone.
/// </remarks>
public sealed unsafe class PhysicalMemory : IDisposable
{
    private readonly HostBlock _block;
    private readonly byte* _base;
    private uint _frameCount;    // 0 after Dispose, so that the one bounds check also catches late callers

    /// <summary>Makes RAM of a size from 1 MiB to 4 GiB.</summary>
    /// <param name="frames">How many frames: 256 to 1,048,576.</param>
    /// <param name="requestHugePages">Asks the host for huge pages: most of the cost of a random access is the host's own translation.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another size.</exception>
    /// <exception cref="OutOfMemoryException">The host has no room for that many addresses.</exception>
    public PhysicalMemory(FrameCount frames, bool requestHugePages = true)
    {
        if (frames < FrameCount.MiB(1) || frames > FrameCount.MiB(4096))
            throw new ArgumentOutOfRangeException(nameof(frames), $"RAM of {frames} frames: from 256 (1 MiB) to 1048576 (4 GiB) are possible.");
        _block = new(frames.Bytes, requestHugePages);
        _base = _block.Address;
        _frameCount = frames.Value;
    }

    /// <summary>How many frames there are.</summary>
    public FrameCount FrameCount => new(_frameCount);

    /// <summary>The size in bytes; 4 GiB does not fit in 32 bits.</summary>
    public ulong ByteLength => FrameCount.Bytes;

    /// <summary>True when the host agreed to use huge pages.</summary>
    public bool HasHugePages => _block.HasHugePages;

    /// <summary>What a processor that translates code ahead has to know of changed bytes; null while there is none.</summary>
    public CodeFrames? Code { get; internal set; }

    /// <summary>The 4096 bytes of a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public Span<byte> Bytes(FrameNumber frame) => new(Checked(frame), FrameBytes.Length);

    /// <summary>A run of bytes, which may cross frames.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run is not all in RAM.</exception>
    public Span<byte> Bytes(PhysicalAddress start, int byteLength)
    {
        if (byteLength < 0 || start.Value + (ulong)byteLength > ByteLength) ThrowOutside(start.Frame);
        return new(_base + start.Value, byteLength);
    }

    /// <summary>The 1024 words of a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public Span<uint> Words(FrameNumber frame) => MemoryMarshal.Cast<byte, uint>(Bytes(frame));

    /// <summary>The host address of a frame, for code that leaves a translation behind. Checked only when checks are on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* HostAddress(FrameNumber frame)
    {
        if (Check.Cheap && frame.Value >= _frameCount) ThrowOutside(frame);
        return Address(frame);
    }

    /// <summary>The frame in which a host address lies. Precondition: it lies in RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal FrameNumber FrameAt(void* hostAddress) => new((uint)((ulong)((byte*)hostAddress - _base) >> VirtualAddress.PageShift));

    /// <summary>Zeroes a frame that is about to be used; some 30 ns when it is in the cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Clear(FrameNumber frame) => FrameBytes.Clear(Checked(frame));

    /// <summary>Zeroes a frame ahead of need, past the cache. A trap for frames that are used next: those come from memory then.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public void ClearAhead(FrameNumber frame) => FrameBytes.ClearAhead(Checked(frame));

    /// <summary>Copies a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A frame lies beyond RAM.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Copy(FrameNumber source, FrameNumber destination) => FrameBytes.Copy(Checked(source), Checked(destination));

    /// <summary>Asks for the first lines of a frame that is copied soon; the processor goes on by itself once it sees the copy run through them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Prefetch(FrameNumber frame)
    {
        if (!Sse.IsSupported) return;
        byte* first = HostAddress(frame);
        Sse.Prefetch0(first);
        Sse.Prefetch0(first + 64);
        Sse.Prefetch0(first + 128);
        Sse.Prefetch0(first + 192);
    }

    /// <summary>Asks for the first line of a frame that is touched a little later. A frame beyond RAM is passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchLine(FrameNumber frame)
    {
        if (Sse.IsSupported && frame.Value < _frameCount) Sse.Prefetch0(Address(frame));
    }

    /// <summary>Sets every byte of a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public void Fill(FrameNumber frame, byte pattern) => FrameBytes.Fill(Checked(frame), pattern);

    /// <summary>True when every byte of a frame is the pattern.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public bool IsFilledWith(FrameNumber frame, byte pattern) => FrameBytes.IsFilledWith(Checked(frame), pattern);

    /// <summary>True when every byte of a frame is zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public bool IsZero(FrameNumber frame) => IsFilledWith(frame, 0);

    /// <summary>Gives the memory back to the host. Everything but this throws afterwards.</summary>
    public void Dispose()
    {
        _frameCount = 0;
        _block.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Address(FrameNumber frame) => _base + ((ulong)frame.Value << VirtualAddress.PageShift);

    // Always on: callers from outside must not be able to write into the host, and one compare is nothing beside 4 KiB.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Checked(FrameNumber frame)
    {
        if (frame.Value >= _frameCount) ThrowOutside(frame);
        return Address(frame);
    }

    [DoesNotReturn]
    private void ThrowOutside(FrameNumber frame)
    {
        ObjectDisposedException.ThrowIf(_block.IsClosed, this);
        throw new ArgumentOutOfRangeException(nameof(frame), $"Frame {frame.Value:x5} or what follows it lies beyond RAM of {FrameCount} frames.");
    }
}
