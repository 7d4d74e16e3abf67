namespace Paging.Core.Swap;

/// <summary>A swap device that fails on purpose: the n-th operation, or every read or write from now on.</summary>
/// <remarks>For tests of embedders and our own. It owns the store it wraps.</remarks>
public sealed class FailingSwapStore(ISwapStore inner) : ISwapStore
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public uint SlotCount => inner.SlotCount;

    /// <summary>The operation to fail, counted from now: 1 is the next one, 0 none. Counts down to 0 and so fails once.</summary>
    public long FailAtOperation { get; set; }

    /// <summary>Every read fails while this is set.</summary>
    public bool ReadsFail { get; set; }

    /// <summary>Every write fails while this is set.</summary>
    public bool WritesFail { get; set; }

    /// <summary>Pages read, failures not counted.</summary>
    public long ReadCount { get; private set; }

    /// <summary>Pages written, failures not counted.</summary>
    public long WriteCount { get; private set; }

    /// <inheritdoc/>
    public Errno Read(uint slot, Span<byte> page)
    {
        if (Fails() || ReadsFail) return Errno.EIO;
        ReadCount++;
        return inner.Read(slot, page);
    }

    /// <inheritdoc/>
    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        if (Fails() || WritesFail) return Errno.EIO;
        WriteCount++;
        return inner.Write(slot, page);
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private bool Fails() => FailAtOperation != 0 && --FailAtOperation == 0;
}
