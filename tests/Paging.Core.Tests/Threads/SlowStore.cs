using Paging.Core.Swap;

namespace Paging.Core.Tests;

/// <summary>A swap store whose reads last until the test ends them.</summary>
internal sealed class SlowStore(Gate gate) : ISwapStore
{
    private readonly MemorySwapStore _inner = new(1 << 20);

    public string Name => "slow";
    public uint SlotCount => _inner.SlotCount;
    public bool AllowsConcurrentReads => true;
    public Errno Error { get; set; }
    public bool IsDisposed { get; private set; }

    public Errno Read(uint slot, Span<byte> page)
    {
        Errno error = _inner.Read(slot, page);    // as of now
        gate.Pass();
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Error == Errno.None ? error : Error;
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page) => _inner.Write(slot, page);

    public void Dispose()
    {
        IsDisposed = true;
        _inner.Dispose();
    }
}
