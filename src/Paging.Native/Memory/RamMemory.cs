using System.Buffers;

namespace Paging.Native;

/// <summary>
/// A run of frames as <see cref="Memory{T}"/>. While it is pinned, the host keeps RAM, even after the engine was disposed.
/// </summary>
internal sealed class RamMemory(PhysicalMemory ram, HostBlock block, FrameNumber first, int byteLength) : MemoryManager<byte>
{
    /// <inheritdoc/>
    public override Span<byte> GetSpan() => ram.Bytes(first.Address, byteLength);

    /// <inheritdoc/>
    // SAFETY: GetSpan has compared the run with the end of RAM; the block is held until Unpin.
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)byteLength, nameof(elementIndex));
        _ = GetSpan();
        bool isHeld = false;
        block.DangerousAddRef(ref isHeld);
        return new(block.Address + first.Address.Value + (uint)elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin() => block.DangerousRelease();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) { }
}
