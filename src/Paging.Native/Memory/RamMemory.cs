using System.Buffers;

namespace Paging.Native.Memory;

/// <summary>
/// A run of frames as <see cref="Memory{T}"/>. While it is pinned, the host keeps RAM, even after the engine was disposed.
/// </summary>
internal sealed class RamMemory(PhysicalMemory ram, HostBlock block, FrameNumber first, int byteLength) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => ram.Bytes(first.Address, byteLength);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, byteLength);
        _ = GetSpan();    // compares the run with the end of RAM
        return block.PinAt(first.Address.Value + (uint)elementIndex);
    }

    public override void Unpin() { }    // the handle releases the block

    protected override void Dispose(bool disposing) { }
}
