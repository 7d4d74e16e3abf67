using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs;

//  ├ 4000 ··┤├ 4000 ··┤├ 400 ·····┤  ·  ·  ·      16 pages; a write joins the last page only if its odd part fits there as a whole
/// <summary>
/// The contents of a pipe: by default at most sixteen pages, each as full as the writes left it. Linux: fs/pipe.c pipe_write, pipe_read.
/// </summary>
internal sealed class Pipe
{
    /// <summary>PIPE_BUF: longer writes may be split. Also the bytes of a page.</summary>
    public const int AtomicByteLength = PageWords.ByteLength;    // PIPE_BUF (pipe(7))

    /// <summary>The most pages; Linux cannot allocate the list of more.</summary>
    public const int PagesMax = 1 << 16;

    private readonly LinkedList<Page> _pages = new();
    private readonly PipePages _store;
    private int _pagesMax;

    /// <summary>Makes a pipe without ends, charged to a user until <see cref="Drain"/>.</summary>
    public Pipe(PipePages store, uint user, int pagesMax)
    {
        (_store, User, _pagesMax) = (store, user, pagesMax);
        store.Charge(user, pagesMax);
    }

    /// <summary>The user who created it. Linux: pipe->user.</summary>
    public uint User { get; private set; }

    /// <summary>The mode of a pipe without a name, for fstat(2).</summary>
    public FileModes Mode { get; set; } = FileModes.Fifo | FileModes.OwnerReadWrite;

    /// <inheritdoc cref="Mode"/>
    public (uint User, uint Group) Owner { get; set; }

    public int Count { get; private set; }

    /// <summary>The most pages it can have.</summary>
    public int PageCapacity => _pagesMax;

    public int Capacity => _pagesMax * AtomicByteLength;

    public int ReaderCount { get; set; }

    public int WriterCount { get; set; }

    public bool IsFull => _pages.Count >= _pagesMax;

    /// <summary>The count of opens of each side, by which a waiting open of the other side is woken. Linux: r_counter, w_counter.</summary>
    public (int Read, int Write) Opens { get; set; }

    /// <summary>The counts of wakes of readers, by each write, and of writers, by a read from a full pipe.</summary>
    public (long ToRead, long ToWrite) Wakes { get; private set; }

    /// <summary>The bytes that certainly fit, in free pages.</summary>
    public int RoomByteLength => Math.Max(_pagesMax - _pages.Count, 0) * AtomicByteLength;

    /// <summary>True if a write of this length puts at least a part of it.</summary>
    public bool HasRoomFor(int byteLength) => !IsFull || PageToJoin(byteLength & (AtomicByteLength - 1)) is not null;

    /// <summary>
    /// The bytes to remove after a reader has copied some: those of pages that it has copied completely, or as far as requested. Linux:
    /// pipe_read, whose EFAULT leaves the page as it was.
    /// </summary>
    public int BytesToTake(int copied, int wanted)
    {
        if (copied == wanted) return copied;    // no page has faulted
        int whole = 0;
        foreach (Page page in _pages)
        {
            int part = page.End - page.Start;
            if (whole + part > copied) break;    // a page that faults stays whole: its read is made again (anon_pipe_read)
            whole += part;
        }

        return whole;
    }

    /// <summary>
    /// The bytes to write if only the first ones could be read: whole pages, and before them the part that joins the last page. Linux:
    /// anon_pipe_write.
    /// </summary>
    public int BytesToPut(int readable, int wanted)
    {
        int odd = wanted & (AtomicByteLength - 1);
        int joined = PageToJoin(odd) is null ? 0 : odd;
        return readable < joined ? 0 : joined + ((readable - joined) & ~(AtomicByteLength - 1));    // a page that faults is not added
    }

    /// <summary>Copies the next bytes, up to the end of a packet, without removing them. EIO if a page cannot be read.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="count">The number of bytes.</param>
    public Errno Peek(Span<byte> destination, out int count)
    {
        count = 0;
        foreach (Page page in _pages)
        {
            int part = Math.Min(destination.Length - count, page.End - page.Start);
            Errno error = part == 0 ? Errno.None : _store.Read(page.Number, page.Start, destination.Slice(count, part));
            if (error != Errno.None) return count > 0 ? Errno.None : error;    // the error comes with the next read
            count += part;
            if (page.IsPacket) break;    // a read returns one packet at most (pipe(2))
        }

        return Errno.None;
    }

    /// <summary>Removes peeked bytes; the rest of a packet is lost. Linux: PIPE_BUF_FLAG_PACKET.</summary>
    public void Drop(int byteLength)
    {
        bool wasFull = IsFull;
        Count -= byteLength;
        while (byteLength > 0)
        {
            Page page = _pages.First!.Value;
            int count = Math.Min(byteLength, page.End - page.Start);
            page.Start += count;
            byteLength -= count;
            if (page.Start != page.End && !page.IsPacket) continue;    // what is left of a packet is lost (pipe(2))
            Count -= page.End - page.Start;
            _store.Give(page.Number);
            _pages.RemoveFirst();
        }

        if (wasFull && !IsFull) Wakes = (Wakes.ToRead, Wakes.ToWrite + 1);    // writers wait only while it is full
    }

    /// <summary>
    /// The bytes of a long write to put next, so that pages are filled as by one write: first its odd part, if that joins the last page.
    /// </summary>
    public int NextPut(long byteLength, bool isFirst, int byteLengthMax)
    {
        int odd = (int)(byteLength & (AtomicByteLength - 1));
        return isFirst && PageToJoin(odd) is not null ? odd : (int)Math.Min(byteLength, byteLengthMax);
    }

    /// <summary>
    /// Writes as much as fits, with O_DIRECT a page as one packet. ENOMEM if the machine has no page left and nothing was written.
    /// </summary>
    public CallResult Put(ReadOnlySpan<byte> source, bool isPacket)
    {
        int done = 0;
        int odd = source.Length & (AtomicByteLength - 1);
        if (PageToJoin(odd) is { } last)
        {
            Errno error = _store.Write(last.Number, last.End, source[..odd]);
            if (error != Errno.None) return error;
            last.End += odd;
            done = odd;
        }

        return AddPages(source, done, offsetInPage: 0, canMerge: !isPacket, isPacket);
    }

    /// <summary>
    /// Writes bytes as pages of their own, which later writes do not join, with the borders of the source file's pages. Linux:
    /// splice_folio_into_pipe.
    /// </summary>
    public CallResult PutPages(ReadOnlySpan<byte> source, uint offsetInPage) =>
        AddPages(source, done: 0, offsetInPage, canMerge: false, isPacket: false);

    /// <summary>Writes the rest of some bytes into new pages, as far as there is room.</summary>
    private CallResult AddPages(ReadOnlySpan<byte> source, int done, uint offsetInPage, bool canMerge, bool isPacket)
    {
        Errno error = Errno.None;
        while (done < source.Length && !IsFull)
        {
            int count = Math.Min(source.Length - done, AtomicByteLength - (int)offsetInPage);
            error = Append(source.Slice(done, count), canMerge, isPacket);
            if (error != Errno.None) break;
            done += count;
            offsetInPage = 0;
        }

        return Filled(done, error);
    }

    /// <summary>Returns the last page, if the bytes still fit into it.</summary>
    private Page? PageToJoin(int odd) =>
        odd != 0 && _pages.Last?.Value is { CanMerge: true } last && last.End + odd <= AtomicByteLength ? last : null;

    private Errno Append(ReadOnlySpan<byte> bytes, bool canMerge, bool isPacket)
    {
        Errno error = _store.Take(bytes, out uint number);
        if (error == Errno.None) _pages.AddLast(new Page(number) { End = bytes.Length, CanMerge = canMerge, IsPacket = isPacket });
        return error;
    }

    private CallResult Filled(int byteCount, Errno error)
    {
        Count += byteCount;
        if (byteCount > 0) Wakes = (Wakes.ToRead + 1, Wakes.ToWrite);
        return byteCount > 0 ? byteCount : error;
    }

    /// <summary>Frees its pages and charge after its last end has closed.</summary>
    public void Drain()
    {
        _store.Charge(User, -_pagesMax);
        foreach (Page page in _pages) _store.Give(page.Number);
        _pages.Clear();
        Count = 0;
    }

    /// <summary>Saves its contents, page by page.</summary>
    /// <exception cref="IOException">A page cannot be read.</exception>
    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Pipe, 4);
        writer.Write(User);
        writer.Write((uint)Mode);
        writer.Write(Owner.User);
        writer.Write(Owner.Group);
        writer.Write(_pagesMax);
        writer.Write(Opens.Read);
        writer.Write(Opens.Write);
        writer.Write(Wakes.ToRead);
        writer.Write(Wakes.ToWrite);
        writer.Write(_pages.Count);
        Span<byte> bytes = stackalloc byte[AtomicByteLength];
        foreach (Page page in _pages)
        {
            Span<byte> filled = bytes[page.Start..page.End];
            if (_store.Read(page.Number, page.Start, filled) != Errno.None) throw new IOException("A page of a pipe cannot be read.");
            writer.Write(page.Start);
            writer.Write(page.IsPacket);
            writer.Write(page.CanMerge);
            writer.WriteBytes(filled);
        }

        writer.End();
    }

    /// <summary>Loads a new pipe.</summary>
    /// <exception cref="InvalidOperationException">The machine has no page left.</exception>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Pipe, 4);
        _store.Charge(User, -_pagesMax);
        User = reader.ReadWord();
        Mode = FileModes.Fifo | ((FileModes)reader.ReadWord() & FileModes.Changeable);
        Owner = (reader.ReadWord(), reader.ReadWord());
        _pagesMax = reader.ReadIndex(PagesMax + 1, "the size of a pipe");
        _store.Charge(User, _pagesMax);
        Opens = (reader.ReadNumber(), reader.ReadNumber());
        Wakes = (reader.ReadWideNumber(), reader.ReadWideNumber());
        int count = reader.ReadIndex(_pagesMax + 1, "a pipe's count of pages");
        Span<byte> bytes = stackalloc byte[AtomicByteLength];
        bytes.Clear();
        for (int i = 0; i < count; i++)
        {
            int start = reader.ReadIndex(AtomicByteLength, "where a pipe's page begins");
            bool isPacket = reader.ReadFlag(), canMerge = reader.ReadFlag();
            ReadOnlySpan<byte> filled = reader.ReadBytes();
            int end = start + filled.Length;
            if (end > AtomicByteLength) throw RecordReader.Damaged("a page of a pipe is too long");
            filled.CopyTo(bytes[start..]);
            if (_store.Take(bytes[..end], out uint number) != Errno.None)
                throw new InvalidOperationException("Cannot load the pipes of the checkpoint: the machine has too little memory.");
            _pages.AddLast(new Page(number) { Start = start, End = end, CanMerge = canMerge, IsPacket = isPacket });
            Count += filled.Length;
        }

        reader.Close();
    }

    /// <summary>Wakes both sides after an end has closed.</summary>
    public void WakeAll()
    {
        Wakes = (Wakes.ToRead + 1, Wakes.ToWrite + 1);    // for EOF or EPIPE
    }

    /// <summary>Changes the capacity. EBUSY for fewer pages than are in use. Linux: pipe_resize_ring.</summary>
    public Errno Resize(int pagesMax)
    {
        if (pagesMax < _pages.Count) return Errno.EBUSY;    // no bytes are thrown away (pipe_resize_ring)
        if (pagesMax > PagesMax) return Errno.ENOMEM;    // kcalloc of a larger ring fails, for root too
        _store.Charge(User, pagesMax - _pagesMax);
        _pagesMax = pagesMax;
        return Errno.None;
    }

    private sealed class Page(uint number)
    {
        public uint Number => number;

        public int Start { get; set; }

        public int End { get; set; }

        /// <summary>True if a write may continue in it. Linux: PIPE_BUF_FLAG_CAN_MERGE.</summary>
        public bool CanMerge { get; init; }

        /// <summary>True if it was written with O_DIRECT: a read takes all of it and ends there.</summary>
        public bool IsPacket { get; init; }
    }
}
