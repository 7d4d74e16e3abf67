using System.Numerics;
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

    /// <summary>fs.pipe-max-size, the largest capacity without CAP_SYS_RESOURCE.</summary>
    public const int ByteLengthMax = 1 << 20;

    private const int UsualPages = 16, PagesMax = 1 << 16;    // PIPE_DEF_BUFFERS; Linux cannot allocate a longer list

    private readonly LinkedList<Page> _pages = new();
    private readonly PipePages _store;
    private int _pagesMax = UsualPages;

    /// <summary>Makes a pipe without ends.</summary>
    public Pipe(PipePages store) => _store = store;

    /// <summary>The mode of a pipe without a name, for fstat(2).</summary>
    public FileModes Mode { get; set; } = FileModes.Fifo | FileModes.OwnerReadWrite;

    /// <inheritdoc cref="Mode"/>
    public (uint User, uint Group) Owner { get; set; }

    public int Count { get; private set; }

    public int Capacity => _pagesMax * AtomicByteLength;

    public int ReaderCount { get; set; }

    public int WriterCount { get; set; }

    public bool IsFull => _pages.Count >= _pagesMax;

    /// <summary>The count of opens of each side, by which a waiting open of the other side is woken. Linux: r_counter, w_counter.</summary>
    public (int Read, int Write) Opens { get; set; }

    /// <summary>The counts of wakes of readers, by each write, and of writers, by a read from a full pipe.</summary>
    public (long ToRead, long ToWrite) Wakes { get; private set; }

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

    /// <summary>Copies the next bytes without removing them. EIO if a page cannot be read.</summary>
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
        }

        return Errno.None;
    }

    /// <summary>Removes peeked bytes.</summary>
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
            if (page.Start != page.End) continue;
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

    /// <summary>Writes as much as fits. ENOMEM if the machine has no page left and nothing was written.</summary>
    public CallResult Put(ReadOnlySpan<byte> source)
    {
        int done = 0;
        int odd = source.Length & (AtomicByteLength - 1);
        Errno error = Errno.None;
        if (PageToJoin(odd) is { } last)
        {
            error = _store.Write(last.Number, last.End, source[..odd]);
            if (error != Errno.None) return error;
            last.End += odd;
            done = odd;
        }

        while (done < source.Length && !IsFull)
        {
            int count = Math.Min(source.Length - done, AtomicByteLength);
            error = _store.Take(source.Slice(done, count), out uint number);
            if (error != Errno.None) break;
            _pages.AddLast(new Page(number) { End = count });
            done += count;
        }

        Count += done;
        if (done > 0) Wakes = (Wakes.ToRead + 1, Wakes.ToWrite);
        return done > 0 ? done : error;
    }

    /// <summary>Returns the last page, if the bytes still fit into it.</summary>
    private Page? PageToJoin(int odd) =>
        odd != 0 && _pages.Last?.Value is { } last && last.End + odd <= AtomicByteLength ? last : null;

    /// <summary>Frees its pages after its last end has closed.</summary>
    public void Drain()
    {
        foreach (Page page in _pages) _store.Give(page.Number);
        _pages.Clear();
        Count = 0;
    }

    /// <summary>Saves its contents, page by page.</summary>
    /// <exception cref="IOException">A page cannot be read.</exception>
    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Pipe, 5);
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
            writer.WriteBytes(filled);
        }

        writer.End();
    }

    /// <summary>Loads a new pipe.</summary>
    /// <exception cref="InvalidOperationException">The machine has no page left.</exception>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Pipe, 5);
        Mode = FileModes.Fifo | ((FileModes)reader.ReadWord() & FileModes.Changeable);
        Owner = (reader.ReadWord(), reader.ReadWord());
        _pagesMax = reader.ReadIndex(PagesMax + 1, "the size of a pipe");
        Opens = (reader.ReadNumber(), reader.ReadNumber());
        Wakes = (reader.ReadWideNumber(), reader.ReadWideNumber());
        int count = reader.ReadIndex(_pagesMax + 1, "a pipe's count of pages");
        Span<byte> bytes = stackalloc byte[AtomicByteLength];
        bytes.Clear();
        for (int i = 0; i < count; i++)
        {
            int start = reader.ReadIndex(AtomicByteLength, "where a pipe's page begins");
            ReadOnlySpan<byte> filled = reader.ReadBytes();
            int end = start + filled.Length;
            if (end > AtomicByteLength) throw RecordReader.Damaged("a page of a pipe is too long");
            filled.CopyTo(bytes[start..]);
            if (_store.Take(bytes[..end], out uint number) != Errno.None)
                throw new InvalidOperationException("Cannot load the pipes of the checkpoint: the machine has too little memory.");
            _pages.AddLast(new Page(number) { Start = start, End = end });
            Count += filled.Length;
        }

        reader.Close();
    }

    /// <summary>Wakes both sides after an end has closed.</summary>
    public void WakeAll()
    {
        Wakes = (Wakes.ToRead + 1, Wakes.ToWrite + 1);    // for EOF or EPIPE
    }

    /// <summary>
    /// F_SETPIPE_SZ: returns the new capacity in bytes. EPERM if it grows beyond the limit; EBUSY for less than its contents. Linux:
    /// pipe_set_size.
    /// </summary>
    public CallResult Resize(uint wanted, bool mayExceedLimit)
    {
        if (wanted > 1U << 31) return Errno.EINVAL;    // round_pipe_size: no power of two holds it
        int pagesMax = (int)(BitOperations.RoundUpToPowerOf2(Math.Max(wanted, AtomicByteLength)) / AtomicByteLength);
        if (pagesMax > Math.Max(_pagesMax, ByteLengthMax / AtomicByteLength) && !mayExceedLimit) return Errno.EPERM;    // not EINVAL
        if (pagesMax < _pages.Count) return Errno.EBUSY;    // no bytes are thrown away (pipe_resize_ring)
        if (pagesMax > PagesMax) return Errno.ENOMEM;    // kcalloc of a larger ring fails, for root too
        _pagesMax = pagesMax;
        return Capacity;
    }

    private sealed class Page(uint number)
    {
        public uint Number => number;

        public int Start { get; set; }

        public int End { get; set; }
    }
}
