using System.Buffers;

namespace Paging.Interop;

/// <summary>Memory of C's, which does not move and is freed by C.</summary>
// SAFETY: paging.h has C keep the memory, of that length, for as long as the engine has it.
internal sealed unsafe class ForeignMemory(byte* start, int byteLength) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new(start, byteLength);

    public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

    public override void Unpin()
    {
        // It was never anything but pinned.
    }

    protected override void Dispose(bool disposing)
    {
        // C owns it.
    }
}
