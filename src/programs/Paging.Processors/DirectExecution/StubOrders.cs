using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>System calls that a stub is to make, in a page that it can only read: seven words each, a zero behind the last.</summary>
internal sealed class StubOrders : IDisposable
{
    private const int WordsOfOrder = 7;
    private const uint Map = 192, Unmap = 91, CloseRange = 436;    // mmap2, munmap, close_range of i386
    private const uint SharedFixedPopulated = 0x1 | 0x10 | 0x8000;

    private unsafe uint* _words;    // the page; null after Dispose
    private int _count;

    // SAFETY: the page is mapped for this object alone, and Dispose unmaps it.
    public unsafe StubOrders()
    {
        File = TraceApi.CreateMemoryFile("paging-orders", 1);    // MFD_CLOEXEC
        nint at = File < 0 || TraceApi.SetLength(File, VirtualAddress.PageSize) != 0
            ? -1 : TraceApi.Map(0, VirtualAddress.PageSize, 3, 1, File, 0);    // PROT_READ | PROT_WRITE, MAP_SHARED
        if (at == -1) throw new InvalidOperationException("The host gives no memory that another process can map.");
        _words = (uint*)at;
    }

    /// <summary>The descriptor of the file that the stub maps.</summary>
    public int File { get; }

    /// <summary>True if there are no orders.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>True if there is no room for another order.</summary>
    public bool IsFull => !HasRoomFor(1);

    /// <summary>True if there is room for so many more orders.</summary>
    public bool HasRoomFor(int count) => (_count + count) * WordsOfOrder < (int)(VirtualAddress.PageSize / sizeof(uint));

    /// <summary>Adds an order to map pages to consecutive frames.</summary>
    public void AddMap(PageNumber first, uint count, FrameNumber frame, uint protection) =>
        Add(Map, (uint)first.Address.Value, count << VirtualAddress.PageShift, protection, SharedFixedPopulated, StubProgram.RamFile,
            frame.Value);

    /// <summary>Adds an order to unmap a range.</summary>
    public void AddUnmap(uint from, uint end) => Add(Unmap, from, end - from, 0, 0, 0, 0);

    /// <summary>Adds an order to close descriptors.</summary>
    public void AddClose(uint first, uint last) => Add(CloseRange, first, last, 0, 0, 0, 0);

    /// <summary>Removes all orders.</summary>
    public void Clear() => _count = 0;

    /// <summary>Unmaps the page; a stub that maps it keeps it.</summary>
    // SAFETY: the page belongs to this object alone, and is unmapped once.
    public unsafe void Dispose()
    {
        if (_words == null) return;
        _ = TraceApi.Unmap((nint)_words, VirtualAddress.PageSize);
        _ = TraceApi.Close(File);
        _words = null;
    }

    // SAFETY: IsFull keeps an order and the zero behind it inside the page; a caller that does not check gets an exception.
    private unsafe void Add(uint call, uint a, uint b, uint c, uint d, uint e, uint f)
    {
        ObjectDisposedException.ThrowIf(_words == null, this);
        if (IsFull) throw new InvalidOperationException("The page of orders is full.");
        Span<uint> order = new(_words + (_count * WordsOfOrder), WordsOfOrder + 1);
        ReadOnlySpan<uint> words = [call, a, b, c, d, e, f, 0];
        words.CopyTo(order);
        _count++;
    }
}
