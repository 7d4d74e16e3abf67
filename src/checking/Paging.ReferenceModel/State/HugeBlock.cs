namespace Paging.ReferenceModel.State;

/// <summary>A huge page's memory, of the pool or transparent. Counts the small pages that each process maps.</summary>
/// <param name="pageCount">Its small pages.</param>
/// <param name="pool">The pool that it returns to after its last user; none for transparent blocks.</param>
internal sealed class HugeBlock(uint pageCount, HugePool? pool)
{
    private readonly Dictionary<ProcessPages, long> _users = [];
    private readonly byte[]?[] _pages = new byte[pageCount][];    // null: zeros so far

    /// <summary>An object of huge pages has it, mapped or not.</summary>
    public bool IsInObject { get; private set; }

    /// <summary>Its owner has discarded it: when it is really given back, it is reserved again.</summary>
    public bool IsMarked { get; set; }

    /// <summary>The number of huge entries that show it. Linux: folio_mapcount.</summary>
    public long EntryCount => _users.Values.Sum() / pageCount;

    public byte[] Page(int index) => _pages[index] ??= new byte[4096];

    /// <summary>Zeros its bytes from one to another.</summary>
    public void Clear(int from, int to)
    {
        for (int at = from, length; at < to; at += length)
        {
            length = Math.Min(4096 - (at & 0xFFF), to - at);
            _pages[at >> 12]?.AsSpan(at & 0xFFF, length).Clear();
        }
    }

    /// <summary>Copies its bytes from an offset on, as many as the buffer holds.</summary>
    public void Read(int offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int length = Math.Min(4096 - (offset & 0xFFF), buffer.Length);
            if (_pages[offset >> 12] is { } page) page.AsSpan(offset & 0xFFF, length).CopyTo(buffer);
            else buffer[..length].Clear();
            offset += length;
            buffer = buffer[length..];
        }
    }

    /// <summary>Gives a new block the same bytes.</summary>
    public void CopyTo(HugeBlock copy)
    {
        for (int index = 0; index < _pages.Length; index++) copy._pages[index] = (byte[]?)_pages[index]?.Clone();
    }

    public bool HasUserBeside(ProcessPages process) => _users.Keys.Any(user => user != process);

    public void AddUser(ProcessPages process, long pages) => _users[process] = _users.GetValueOrDefault(process) + pages;

    public void RemoveUser(ProcessPages process, long pages)
    {
        if ((_users[process] -= pages) == 0) _users.Remove(process);
        GiveBackIfUnused();
    }

    public void EnterObject() => IsInObject = true;

    public void LeaveObject()
    {
        IsInObject = false;
        GiveBackIfUnused();
    }

    private void GiveBackIfUnused()
    {
        if (_users.Count == 0 && !IsInObject) pool?.GiveBack(this);
    }
}

/// <summary>One huge entry of a process's tables.</summary>
/// <param name="block">The memory that it maps; none for the huge zero page, and for a huge page of an ordinary shared object.</param>
internal sealed class HugeEntry(HugeBlock? block)
{
    public HugeBlock? Block { get; } = block;

    /// <summary>A page of a file or shared object: <c>F</c>.</summary>
    public bool IsOfObject { get; init; }

    /// <summary>Of the pool; such an entry is never split.</summary>
    public bool IsOfPool { get; init; }

    /// <summary>False: the next write is a fault.</summary>
    public bool IsExclusive { get; set; }

    /// <summary>The ordinary file or shared object whose huge page it shows.</summary>
    public FileObject? Contents { get; init; }

    /// <summary>The first page of that in the object.</summary>
    public long FirstPage { get; init; }

    public bool IsPrivate => Block is not null && !IsOfObject;

    public bool IsZeroPage => Block is null && !IsOfObject;
}
