using System.Buffers;

namespace Paging.Native.Memory;

/// <summary>Keeps frames in place. Once it has released them, every use of them throws.</summary>
internal interface IFrameKeeper
{
    /// <exception cref="ObjectDisposedException">The frames are no longer kept, or RAM is gone.</exception>
    void ThrowIfGone();
}

/// <summary>The bytes of neighbouring frames as memory of .NET.</summary>
internal sealed class FrameMemory : MemoryManager<byte>
{
    private readonly IFrameKeeper _keeper;
    private readonly PhysicalMemory _ram;
    private readonly FrameNumber _first;
    private readonly int _offset, _byteLength;

    /// <summary>Shows bytes of RAM.</summary>
    /// <param name="ram">RAM.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="offset">The offset of the first byte in it.</param>
    /// <param name="byteLength">The number of bytes.</param>
    /// <param name="keeper">The owner of the pin on the frames.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie in RAM.</exception>
    public FrameMemory(PhysicalMemory ram, FrameNumber first, int offset, int byteLength, IFrameKeeper keeper)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ulong end = ((ulong)first.Value << VirtualAddress.PageShift) + (ulong)offset + (ulong)byteLength;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, ram.FrameCount.Bytes, nameof(byteLength));
        (_ram, _first, _offset, _byteLength, _keeper) = (ram, first, offset, byteLength, keeper);
    }

    // SAFETY: the constructor has compared the end with that of RAM, which lives and keeps the frames, or ThrowIfGone throws.
    public override unsafe Span<byte> GetSpan()
    {
        _keeper.ThrowIfGone();
        return new(_ram.HostAddress(_first) + _offset, _byteLength);
    }

    /// <remarks>Until the handle is disposed, the host keeps RAM, even after the engine was disposed.</remarks>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        _keeper.ThrowIfGone();
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, _byteLength);
        return _ram.PinAt(((ulong)_first.Value << VirtualAddress.PageShift) + (ulong)(_offset + (long)elementIndex));
    }

    public override void Unpin() { }    // the handle releases RAM

    protected override void Dispose(bool disposing) { }    // the keeper is disposed, not a view of its frames

    protected override bool TryGetArray(out ArraySegment<byte> segment)
    {
        segment = default;
        return false;
    }
}
