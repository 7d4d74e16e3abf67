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

    /// <summary>The entries that map a transparent page.</summary>
    public HugeMappings Mappings { get; } = new();

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

/// <summary>
/// The entries, small and huge, that map a transparent page: all of them, and those of at most two processes. Linux: folio->_mm_id
/// (include/linux/rmap.h).
/// </summary>
internal sealed class HugeMappings
{
    private readonly ProcessPages?[] _owners = new ProcessPages?[2];
    private readonly long[] _counts = new long[2];
    private long _total;
    private bool _isShared;

    /// <summary>
    /// False if the page may be mapped by others, and if a single entry is left: its copy frees the page. Linux:
    /// __wp_can_reuse_large_anon_folio.
    /// </summary>
    public bool MayReuse => _total > 1 && !_isShared;

    /// <summary>Linux: folio_add_return_large_mapcount.</summary>
    public void Add(ProcessPages process, long entries)
    {
        _total += entries;
        int place = Array.IndexOf(_owners, process);
        if (place < 0)
        {
            place = Array.IndexOf(_owners, null);
            if (place < 0) return;    // a third process is counted in the total alone
            _owners[place] = process;
            _isShared |= _total != entries;
        }
        _counts[place] += entries;
    }

    /// <summary>Linux: folio_sub_return_large_mapcount.</summary>
    public void Remove(ProcessPages process, long entries)
    {
        _total -= entries;
        int place = Array.IndexOf(_owners, process);
        if (place >= 0)
        {
            _counts[place] -= entries;
            if (_counts[place] > 0) return;
            (_owners[place], _counts[place]) = (null, 0);
        }
        if (_counts[0] == _total || _counts[1] == _total) _isShared = false;
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
