using Paging.Core;

namespace Paging.Cli.Replay.Engine;

/// <summary>A swap device in memory that allocates chunks of 1 MiB when they are first written.</summary>
/// <param name="slotCount">Pages it holds, 1 to 2^24.</param>
internal sealed class SparseSwapStore(uint slotCount) : ISwapStore
{
    private const int PageByteLength = 4096, SlotsPerChunk = 256;
    private readonly byte[]?[] _chunks = new byte[]?[(slotCount + SlotsPerChunk - 1) / SlotsPerChunk];

    public string Name => "trace";

    public uint SlotCount => slotCount;

    public Errno Read(uint slot, Span<byte> page)
    {
        if (_chunks[slot / SlotsPerChunk] is not { } chunk) return Errno.EIO;    // never written
        PageIn(chunk, slot).CopyTo(page);
        return Errno.None;
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        byte[] chunk = _chunks[slot / SlotsPerChunk] ??= GC.AllocateUninitializedArray<byte>(SlotsPerChunk * PageByteLength);
        page.CopyTo(PageIn(chunk, slot));
        return Errno.None;
    }

    public void Dispose() => Array.Clear(_chunks);

    private static Span<byte> PageIn(byte[] chunk, uint slot) => chunk.AsSpan((int)(slot % SlotsPerChunk) * PageByteLength, PageByteLength);
}
