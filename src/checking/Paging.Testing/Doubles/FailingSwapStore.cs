using Paging.Core;

namespace Paging.Testing.Doubles;

/// <summary>A swap store that fails on purpose: at the n-th operation, or at every read or write from now on.</summary>
/// <remarks>Made for tests, an embedder's and our own. It owns the store that it wraps.</remarks>
internal sealed class FailingSwapStore(ISwapStore inner) : ISwapStore
{
    public string Name => inner.Name;

    public uint SlotCount => inner.SlotCount;

    /// <summary>
    /// The operation that fails, counted from now: 1 for the next one, 0 for none. Counts down to 0, so only one operation fails.
    /// </summary>
    public long FailAtOperation { get; set; }

    /// <summary>Every read fails while this is set.</summary>
    public bool ReadsFail { get; set; }

    /// <summary>Every write fails while this is set.</summary>
    public bool WritesFail { get; set; }

    /// <summary>The number of pages read, without failed reads.</summary>
    public long ReadCount { get; private set; }

    /// <summary>The number of pages written, without failed writes.</summary>
    public long WriteCount { get; private set; }

    public Errno Read(uint slot, Span<byte> page)
    {
        if (Fails() || ReadsFail) return Errno.EIO;
        ReadCount++;
        return inner.Read(slot, page);
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        if (Fails() || WritesFail) return Errno.EIO;
        WriteCount++;
        return inner.Write(slot, page);
    }

    public void Dispose() => inner.Dispose();

    private bool Fails() => FailAtOperation != 0 && --FailAtOperation == 0;
}
