using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.Win32.SafeHandles;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Native;

/// <summary>The RAM of the simulated machine: one block of the host's memory, cut into frames of 4 KiB.</summary>
/// <remarks>
/// <code>
///   frame 0     frame 1     frame 2            frame n - 1
///  ┌───────────┬───────────┬───────────┬─ … ─┬─────────────┐
///  │ 4096 bytes│           │           │     │             │    host address = base + (frame &lt;&lt; 12)
///  └───────────┴───────────┴───────────┴─ … ─┴─────────────┘
/// </code>
/// The only place that computes the host address of a frame. All bytes are zero at first. The host commits a page when it is
/// touched, so 64 GiB are made in well under a millisecond. Every public call checks its frames against the end of RAM.
/// A span must not be used after it was disposed, nor after the last reference to this object is gone.
/// </remarks>
public sealed class PhysicalMemory : IDisposable
{
    private readonly HostBlock _block;
    private readonly unsafe byte* _base;
    private uint _frameCount;    // 0 after Dispose, so that the one bounds check also catches late callers

    /// <summary>Makes RAM of a size from 1 MiB to 64 GiB. Classic tables reach the first 4 GiB, those of PAE all.</summary>
    /// <param name="frames">The number of frames: 256 to 16,777,216.</param>
    /// <param name="requestHugePages">
    /// Requests huge pages from the host: most of the cost of a random access is the host's own translation.
    /// </param>
    /// <param name="isShared">Puts RAM into a file that another process can map (<see cref="File"/>).</param>
    /// <exception cref="ArgumentOutOfRangeException">Another size.</exception>
    /// <exception cref="PlatformNotSupportedException">The host cannot share memory through a file.</exception>
    /// <exception cref="OutOfMemoryException">The host has no room for that many addresses.</exception>
    // SAFETY: the block has been made for exactly this many frames.
    public unsafe PhysicalMemory(FrameCount frames, bool requestHugePages = true, bool isShared = false)
    {
        if (frames < FrameCount.MiB(1) || frames.Value > FrameTable.PaeNameableCount)
            throw new ArgumentOutOfRangeException(nameof(frames),
                $"RAM of {frames} frames: from 256 (1 MiB) to 16777216 (64 GiB) are possible.");
        _block = new(frames.Bytes, requestHugePages, isShared);
        _base = _block.Address;
        _frameCount = frames.Value;
        Observers = new(frames);
        FrameLoops.Prepare();
    }

    /// <summary>The number of frames.</summary>
    public FrameCount FrameCount => new(_frameCount);

    /// <summary>The size in bytes; from 4 GiB on it does not fit in 32 bits.</summary>
    public ulong ByteLength => FrameCount.Bytes;

    /// <summary>
    /// The file that holds RAM, byte for byte: another process that is given its descriptor can map it. Null unless RAM is shared.
    /// </summary>
    /// <remarks>Linux: memfd_create(2). RAM closes it; a process that has mapped the file keeps the bytes.</remarks>
    public SafeFileHandle? File => _block.File;

    /// <summary>
    /// True while a processor that translates code ahead is attached. It marks the frames that it has translated (<see cref="MarkCode"/>),
    /// and before it continues drops its translations of those that have changed (<see cref="TryTakeChangedCode"/>). The guest's own stores
    /// are not reported: the processor sees those itself.
    /// </summary>
    /// <remarks>Setting it to true or false forgets all marks.</remarks>
    public bool TracksCode
    {
        get => Observers.Code is not null;
        set => Observers.Code = value ? new(FrameCount) : null;
    }

    /// <summary>Marks a frame as holding code that the processor has translated, until its bytes are replaced.</summary>
    /// <returns>True: it held none before.</returns>
    /// <exception cref="InvalidOperationException">No processor is attached: <see cref="TracksCode"/> is false.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public bool MarkCode(FrameNumber frame) =>
        (Observers.Code ?? throw new InvalidOperationException("No processor is attached. Set TracksCode before code is marked."))
        .Mark(frame);

    /// <summary>Returns true if the frame is marked, and has not changed since.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public bool HasCode(FrameNumber frame) => Observers.Code is { } code && code.Holds(frame);

    /// <summary>Reports a frame as changed if it is marked, for a processor that has replaced its bytes itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public void NoteCodeChanged(FrameNumber frame) => Observers.Code?.Changed(frame);

    /// <summary>True while a frame waits to be taken by <see cref="TryTakeChangedCode"/>.</summary>
    public bool HasChangedCode => Observers.Code is { HasChanged: true };

    /// <summary>Takes a frame that was marked and has changed. Returns false if there is none.</summary>
    public bool TryTakeChangedCode(out FrameNumber frame)
    {
        if (Observers.Code is { } code) return code.TryTakeChanged(out frame);
        frame = default;
        return false;
    }

    /// <summary>The observers of writes to frames.</summary>
    internal FrameObservers Observers { get; }

    /// <summary>All of RAM as one block of the host's memory, for a processor or device that uses it by itself.</summary>
    /// <remarks>
    /// Frames follow one another, and the block never moves. The caller must keep within <see cref="ByteLength"/>. Until the handle is
    /// disposed, the host keeps the bytes, even after the engine was disposed.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">RAM is gone.</exception>
    public MemoryHandle Pin() => PinAt(0);

    /// <summary>Same as <see cref="Pin"/>, from a byte that the caller has found in RAM.</summary>
    internal MemoryHandle PinAt(ulong offset)
    {
        ObjectDisposedException.ThrowIf(_frameCount == 0, this);
        return _block.PinAt(offset);
    }

    /// <summary>A run of frames as memory that can be handed on, for example to another engine. Pinning it keeps the bytes alive.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run is not all in RAM, or longer than 2 GiB.</exception>
    public Memory<byte> MemoryOf(FrameNumber first, FrameCount count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count.Bytes, (ulong)int.MaxValue, nameof(count));
        _ = Bytes(first.Address, (int)count.Bytes);
        return new RamMemory(this, _block, first, (int)count.Bytes).Memory;
    }

    /// <summary>Memory of the host's own that entries may lead to: it has frame numbers beyond the end of RAM.</summary>
    /// <remarks>
    /// For a processor that walks the page tables by itself: it shows each run at its physical address, and unmaps the runs that are
    /// gone when <see cref="HostMemoryEpoch"/> has grown, before it executes anything. Allocates.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">RAM is gone.</exception>
    public IReadOnlyList<HostMemory> HostMemory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_frameCount == 0, this);
            return [.. Windows.Select(static window => new HostMemory(window.First, window.Count, window.Memory))];
        }
    }

    /// <summary>Grows whenever a run of <see cref="HostMemory"/> comes or goes.</summary>
    public ulong HostMemoryEpoch { get; private set; }

    /// <summary>The host's own memory that lies beyond the end of RAM.</summary>
    internal List<HostWindow> Windows { get; } = [];

    /// <summary>Takes a window out: <see cref="HostWindow.Dispose"/>.</summary>
    internal void RemoveWindow(HostWindow window)
    {
        Windows.Remove(window);
        HostMemoryEpoch++;
    }

    /// <summary>The number of frames that the page tables can name, which bounds RAM and windows.</summary>
    internal uint NameableCount { get; init; } = FrameTable.ClassicNameableCount;

    /// <summary>Gives memory of the host frame numbers beyond the end of RAM.</summary>
    /// <returns>False if not enough numbers are free.</returns>
    internal bool TryAddWindow(Memory<byte> memory, out HostWindow? window)
    {
        window = null;
        uint count = (uint)memory.Length >> VirtualAddress.PageShift, first = _frameCount, at = 0;
        while (at < Windows.Count)
        {
            if (first < Windows[(int)at].First.Value && Windows[(int)at].First.Value - first >= count) break;
            first = Windows[(int)at].First.Value + Windows[(int)at].Count.Value;
            at++;
        }

        if ((ulong)first + count > NameableCount) return false;
        window = new(this, new(first), memory);
        Windows.Insert((int)at, window);
        HostMemoryEpoch++;
        return true;
    }

    /// <summary>True for a frame of RAM or of a window of the host.</summary>
    internal unsafe bool HasBytes(FrameNumber frame) => frame.Value < _frameCount || FindHost(frame) != null;

    /// <summary>The host address of a frame of RAM or of a window; null for any other.</summary>
    // SAFETY: the frame is compared with the end of RAM and with each window.
    internal unsafe byte* FindHost(FrameNumber frame)
    {
        if (frame.Value < _frameCount) return Address(frame);
        foreach (HostWindow window in Windows)
        {
            if (window.Contains(frame)) return window.AddressOf(frame);
        }

        return null;
    }

    /// <summary>The RAM belongs to an engine, whose translations lead into it: disposing it is refused.</summary>
    internal bool IsOwned { get; init; }

    /// <summary>The 4096 bytes of a frame of RAM, or of host memory that has frame numbers after it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies in neither.</exception>
    // SAFETY: Checked has found the frame; the span has its length.
    public unsafe Span<byte> Bytes(FrameNumber frame) => new(Checked(frame), FrameBytes.Length);

    /// <summary>A run of bytes, which may cross frames.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run is not all in RAM.</exception>
    // SAFETY: the end has been compared with the end of RAM, in 64 bits.
    public unsafe Span<byte> Bytes(PhysicalAddress start, int byteLength)
    {
        if (byteLength < 0 || start.Value > ByteLength || (ulong)byteLength > ByteLength - start.Value) ThrowOutside(start.Frame);
        return new(_base + start.Value, byteLength);
    }

    /// <summary>The 1024 words of a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public Span<uint> Words(FrameNumber frame) => MemoryMarshal.Cast<byte, uint>(Bytes(frame));

    /// <summary>The host address of a frame, for code that leaves a translation of. Checked only when checks are on.</summary>
    // SAFETY: the caller has compared the frame with FrameCount, or has it from the allocator.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe byte* HostAddress(FrameNumber frame)
    {
        if (Check.Cheap && frame.Value >= _frameCount) ThrowOutside(frame);
        return Address(frame);
    }

    /// <summary>The frame in which a host address lies. Precondition: it lies in RAM.</summary>
    // SAFETY: a difference of addresses; nothing is followed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe FrameNumber FrameAt(void* hostAddress) => new((uint)((ulong)((byte*)hostAddress - _base) >> VirtualAddress.PageShift));

    /// <summary>Zeroes a frame that is about to be used; some 30 ns when it is in the cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    // SAFETY: Checked has found the frame in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void Clear(FrameNumber frame) => FrameBytes.Clear(Checked(frame));

    /// <summary>
    /// Zeroes a frame ahead of need, past the cache. Wrong for a frame that is used next: it would then come from memory.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    // SAFETY: Checked has found the frame in RAM.
    internal unsafe void ClearAhead(FrameNumber frame) => FrameBytes.ClearAhead(Checked(frame));

    /// <summary>Copies a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A frame lies beyond RAM.</exception>
    // SAFETY: Checked has found both frames in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void Copy(FrameNumber source, FrameNumber destination) => FrameBytes.Copy(Checked(source), Checked(destination));

    /// <summary>
    /// Prefetches the first lines of a frame that is copied soon; the processor prefetches the rest once the copy has passed through them.
    /// </summary>
    // SAFETY: a prefetch of any address is harmless.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void Prefetch(FrameNumber frame)
    {
        if (!Sse.IsSupported) return;
        byte* first = HostAddress(frame);
        Sse.Prefetch0(first);
        Sse.Prefetch0(first + 64);
        Sse.Prefetch0(first + 128);
        Sse.Prefetch0(first + 192);
    }

    /// <summary>Prefetches the first line of a frame that is touched a little later. Ignores a frame beyond RAM.</summary>
    // SAFETY: a prefetch of any address is harmless.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void PrefetchLine(FrameNumber frame)
    {
        if (Sse.IsSupported && frame.Value < _frameCount) Sse.Prefetch0(Address(frame));
    }

    /// <summary>Sets every byte of a frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    // SAFETY: Checked has found the frame in RAM.
    internal unsafe void Fill(FrameNumber frame, byte pattern) => FrameBytes.Fill(Checked(frame), pattern);

    /// <summary>True when every byte of a frame is the pattern.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    // SAFETY: Checked has found the frame in RAM.
    internal unsafe bool IsFilledWith(FrameNumber frame, byte pattern) => FrameBytes.IsFilledWith(Checked(frame), pattern);

    /// <summary>True when every byte of a frame is zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public bool IsZero(FrameNumber frame) => IsFilledWith(frame, 0);

    /// <summary>Gives the memory back to the host. Everything but this throws afterwards.</summary>
    /// <exception cref="InvalidOperationException">The RAM belongs to an engine, which gives it back when it is disposed.</exception>
    void IDisposable.Dispose()
    {
        if (IsOwned && _frameCount != 0) throw new InvalidOperationException("This RAM belongs to an engine. Dispose the engine instead.");
        Release();
    }

    /// <summary>Frees the memory. The owner has dropped every translation to it before.</summary>
    internal void Release()
    {
        _frameCount = 0;
        while (Windows.Count != 0) Windows[^1].Dispose();    // a pin left behind would keep the host's memory for ever
        _block.Dispose();
    }

    // SAFETY: both callers have made sure that the frame is in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe byte* Address(FrameNumber frame) => _base + ((ulong)frame.Value << VirtualAddress.PageShift);

    // Always on: callers from outside must not be able to write into the host, and one compare is nothing beside 4 KiB.
    // SAFETY: the frame is compared with the number of frames, which is 0 after Dispose.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe byte* Checked(FrameNumber frame)
    {
        return frame.Value < _frameCount ? Address(frame) : FindOutside(frame);
    }

    // SAFETY: FindHost has found the frame in a window.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe byte* FindOutside(FrameNumber frame)
    {
        byte* host = FindHost(frame);
        if (host == null) ThrowOutside(frame);
        return host;
    }

    [DoesNotReturn]
    private void ThrowOutside(FrameNumber frame)
    {
        ObjectDisposedException.ThrowIf(_frameCount == 0, this);
        throw new ArgumentOutOfRangeException(nameof(frame),
            $"Frame {frame.Value:x5} or what follows it lies beyond RAM of {FrameCount} frames.");
    }
}
