namespace Paging.Core.Tests;

/// <summary>Saved pages, in the order in which they were saved; nothing is written here.</summary>
internal sealed class PageStore(List<byte[]> pages) : ISwapStore
{
    public int ReadCount { get; private set; }
    public bool IsDisposed { get; private set; }
    public string Name => "pages";
    public uint SlotCount => (uint)pages.Count;

    public Errno Read(uint slot, Span<byte> page)
    {
        ReadCount++;
        pages[(int)slot].CopyTo(page);
        return Errno.None;
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page) => Errno.EIO;

    public void Dispose() => IsDisposed = true;
}
