using Paging.Core.Swap;

namespace Paging.Core.Tests;

/// <summary>A swap device of as few slots as a test can count; one past the end is an error of the test.</summary>
internal sealed class SmallSwapStore(uint slotCount) : ISwapStore
{
    private readonly MemorySwapStore _inner = new(1 << 20);

    public string Name => "small";

    public uint SlotCount => slotCount;

    public Errno Read(uint slot, Span<byte> page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, slotCount);
        return _inner.Read(slot, page);
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, slotCount);
        return _inner.Write(slot, page);
    }

    public void Dispose() => _inner.Dispose();
}
