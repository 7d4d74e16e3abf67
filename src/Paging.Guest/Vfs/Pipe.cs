using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs;

//  ├ 4000 ··┤├ 4000 ··┤├ 400 ·····┤  ·  ·  ·      16 pages; a write joins the last page only if its odd part fits there as a whole
/// <summary>
/// What two ends have between them: sixteen pages at most, as full as the writes left them. Linux: fs/pipe.c pipe_write, pipe_read.
/// </summary>
internal sealed class Pipe
{
    /// <summary>Writes of at most so many bytes are not torn apart; also the bytes of a page.</summary>
    public const int AtomicByteLength = PageWords.ByteLength;

    /// <summary>Linux has no memory for the list of more.</summary>
    public const int PagesMax = 1 << 16;

    private readonly LinkedList<Page> _pages = new();
    private readonly PipePages _store;
    private int _pagesMax;

    /// <summary>A pipe without ends, which counts among those of a user until <see cref="Drain"/>.</summary>
    public Pipe(PipePages store, uint user, int pagesMax)
    {
        (_store, User, _pagesMax) = (store, user, pagesMax);
        store.Charge(user, pagesMax);
    }

    /// <summary>Who made it. Linux: pipe->user.</summary>
    public uint User { get; private set; }

    /// <summary>What fstat(2) says of a pipe without a name.</summary>
    public FileModes Mode { get; set; } = FileModes.Fifo | FileModes.OwnerReadWrite;

    /// <inheritdoc cref="Mode"/>
    public (uint User, uint Group) Owner { get; set; }

    public int Count { get; private set; }

    /// <summary>How many pages it can have.</summary>
    public int PageCapacity => _pagesMax;

    public int Capacity => _pagesMax * AtomicByteLength;

    public int ReaderCount { get; set; }

    public int WriterCount { get; set; }

    public bool IsFull => _pages.Count >= _pagesMax;

    /// <summary>How often each side was opened: who opens the other side and waits sees it grow. Linux: r_counter, w_counter.</summary>
    public (int Read, int Write) Opens { get; set; }

    /// <summary>How often readers and writers were woken: by each write, and by a read from a full one.</summary>
    public (long ToRead, long ToWrite) Wakes { get; private set; }

    /// <summary>How often something was taken out.</summary>
    public long Takes { get; private set; }

    /// <summary>How many bytes can be put in for sure: a free page for each that is begun.</summary>
    public int RoomByteLength => Math.Max(_pagesMax - _pages.Count, 0) * AtomicByteLength;

    /// <summary>
    /// How many of the bytes that a reader has got are gone from the pipe: those of pages that it got as a whole, or as far as it wanted.
    /// Linux: pipe_read, whose EFAULT leaves the page as it was.
    /// </summary>
    public int BytesToTake(int copied, int wanted)
    {
        if (copied == wanted) return copied;
        int whole = 0;
        foreach (Page page in _pages)
        {
            int part = page.End - page.Start;
            if (whole + part > copied) break;
            whole += part;
        }

        return whole;
    }

    /// <summary>
    /// How many of so many bytes go in where only the first could be read: whole pages, and before them what joins the last. Linux:
    /// anon_pipe_write.
    /// </summary>
    public int BytesToPut(int readable, int wanted)
    {
        int odd = wanted & (AtomicByteLength - 1);
        int joined = odd != 0 && _pages.Last?.Value is { } last && last.End + odd <= AtomicByteLength ? odd : 0;
        return readable < joined ? 0 : joined + ((readable - joined) & ~(AtomicByteLength - 1));
    }

    /// <summary>Copies what would be taken next, and leaves it there. EIO: a page cannot be read any more.</summary>
    public Errno Peek(Span<byte> destination, out int count)
    {
        count = 0;
        foreach (Page page in _pages)
        {
            int part = Math.Min(destination.Length - count, page.End - page.Start);
            Errno error = part == 0 ? Errno.None : _store.Read(page.Number, page.Start, destination.Slice(count, part));
            if (error != Errno.None) return count > 0 ? Errno.None : error;
            count += part;
        }

        return Errno.None;
    }

    /// <summary>Takes bytes that have been looked at.</summary>
    public void Drop(int byteLength)
    {
        bool wasFull = IsFull;
        Count -= byteLength;
        if (byteLength > 0) Takes++;
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

        if (wasFull && !IsFull) Wakes = (Wakes.ToRead, Wakes.ToWrite + 1);
    }

    /// <summary>Takes as much as there is room for. ENOMEM: the machine has no page left; what went in before counts.</summary>
    public CallResult Put(ReadOnlySpan<byte> source)
    {
        int done = 0;
        Errno error = Errno.None;
        int odd = source.Length & (AtomicByteLength - 1);
        if (odd != 0 && _pages.Last?.Value is { } last && last.End + odd <= AtomicByteLength)
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

    /// <summary>Nobody has it open any more: its pages go back, and it counts no more.</summary>
    public void Drain()
    {
        _store.Charge(User, -_pagesMax);
        foreach (Page page in _pages) _store.Give(page.Number);
        _pages.Clear();
        Count = 0;
    }

    /// <summary>Writes down what is in it, page by page, each as full as it is.</summary>
    /// <exception cref="IOException">A page cannot be read any more.</exception>
    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Pipe, 3);
        writer.Write(User);
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

    /// <summary>Fills a new pipe.</summary>
    /// <exception cref="InvalidOperationException">The machine has no page left.</exception>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Pipe, 3);
        _store.Charge(User, -_pagesMax);
        User = reader.ReadWord();
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

    /// <summary>An end has gone: both sides look.</summary>
    public void WakeAll()
    {
        Wakes = (Wakes.ToRead + 1, Wakes.ToWrite + 1);
        Takes++;
    }

    /// <summary>EBUSY: fewer pages than are in use. Linux: pipe_resize_ring.</summary>
    public Errno Resize(int pagesMax)
    {
        if (pagesMax < _pages.Count) return Errno.EBUSY;
        if (pagesMax > PagesMax) return Errno.ENOMEM;
        _store.Charge(User, pagesMax - _pagesMax);
        _pagesMax = pagesMax;
        return Errno.None;
    }

    private sealed class Page(uint number)
    {
        public uint Number => number;

        public int Start { get; set; }

        public int End { get; set; }
    }
}

/// <summary>One end of a pipe.</summary>
internal sealed class PipeEnd : OpenDescription
{
    private readonly GuestClock _clock;
    private readonly Happenings _happenings;
    private readonly Action<Pipe>? _lastClosed;

    public PipeEnd(GuestClock clock, Happenings happenings, Pipe pipe, ulong inode, FileFlags flags, Action<Pipe>? lastClosed = null)
        : base($"pipe:[{inode}]", flags)
    {
        (_clock, _happenings, Pipe, Inode, _lastClosed) = (clock, happenings, pipe, inode, lastClosed);
        OpensBefore = pipe.Opens;
        if (CanRead) pipe.ReaderCount++;
        if (CanWrite) pipe.WriterCount++;
        pipe.Opens = (pipe.Opens.Read + (CanRead ? 1 : 0), pipe.Opens.Write + (CanWrite ? 1 : 0));
        happenings.Happened();
    }

    /// <summary>
    /// The other side is open, or was since this one was opened. One that is open for both is its own. Linux: wait_for_partner.
    /// </summary>
    public bool HasPartner
    {
        get
        {
            if (CanRead && CanWrite) return true;
            return CanRead ? Pipe.WriterCount > 0 || Pipe.Opens.Write != OpensBefore.Write
                : Pipe.ReaderCount > 0 || Pipe.Opens.Read != OpensBefore.Read;
        }
    }

    public Pipe Pipe { get; }

    /// <summary>How often each side had been opened before this end was.</summary>
    public (int Read, int Write) OpensBefore { get; set; }

    public ulong Inode { get; }

    public override bool SignalsBrokenPipe => true;

    public override (long ToRead, long ToWrite) Wakes => Pipe.Wakes;

    public override bool CanSignal => true;

    public override (long ToRead, long ToWrite) Reports => (CanRead ? Pipe.Wakes.ToRead : 0, CanWrite ? Pipe.Takes : 0);

    public override int Readiness
    {
        get
        {
            int events = 0;
            if (CanRead && Pipe.Count > 0) events |= PollEvents.In;
            if (CanRead && Pipe.WriterCount == 0) events |= PollEvents.HangUp;
            if (CanWrite && !Pipe.IsFull) events |= PollEvents.Out;
            if (CanWrite && Pipe.ReaderCount == 0) events |= PollEvents.Error;
            return events;
        }
    }

    public override Errno Status(out FileStatus status)
    {
        if (Node is { } node) return node.Status(out status);
        status = FileStatus.MadeAt(_clock.StartedAt) with
        {
            Device = 0x0C,
            Inode = Inode,
            Mode = Pipe.Mode,
            User = Pipe.Owner.User,
            Group = Pipe.Owner.Group,
        };
        return Errno.None;
    }

    public override Errno ChangeMode(FileModes mode)
    {
        Pipe.Mode = FileModes.Fifo | (mode & FileModes.Changeable);
        return Errno.None;
    }

    public override Errno ChangeOwner(uint user, uint group)
    {
        Pipe.Owner = (user == uint.MaxValue ? Pipe.Owner.User : user, group == uint.MaxValue ? Pipe.Owner.Group : group);
        return Errno.None;
    }

    public override CallResult Read(Span<byte> destination)
    {
        CallResult count = Look(destination);
        if (count.IsValue) Drop(count.Count);
        return count;
    }

    /// <summary>What a read would get, left where it is. 0: the end.</summary>
    public CallResult Look(Span<byte> destination)
    {
        if (destination.IsEmpty) return 0;
        Errno error = Pipe.Peek(destination, out int count);
        if (error != Errno.None) return error;
        return count > 0 || Pipe.WriterCount == 0 ? count : WaitOrSay();
    }

    /// <summary>Takes what was looked at.</summary>
    public void Drop(int byteLength)
    {
        if (byteLength == 0) return;
        Pipe.Drop(byteLength);
        _happenings.Happened();
    }

    /// <summary>
    /// EPIPE: no reader is left; the caller sends the signal. Small writes go in as a whole or not at all.
    /// </summary>
    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return 0;
        if (Pipe.ReaderCount == 0) return Errno.EPIPE;
        CallResult count = Pipe.Put(source);
        if (count.IsError) return count;
        if (count.Count == 0) return WaitOrSay();
        _happenings.Happened();
        return count;
    }

    protected override void Close()
    {
        if (CanRead) Pipe.ReaderCount--;
        if (CanWrite) Pipe.WriterCount--;
        if (Pipe.ReaderCount + Pipe.WriterCount == 0)
        {
            Pipe.Drain();
            _lastClosed?.Invoke(Pipe);
        }

        Pipe.WakeAll();
        _happenings.Happened();
    }

    public override Errno Reopen(FileFlags flags, out OpenDescription? open)
    {
        open = new PipeEnd(_clock, _happenings, Pipe, Inode, flags & (FileFlags.AccessMask | FileFlags.NonBlocking));
        return Errno.None;
    }

    public override CallResult Ioctl(in IoctlCall call)
    {
        const uint bytesToRead = 0x541B;
        if (call.Request != bytesToRead) return base.Ioctl(call);
        return call.User.TryWrite(call.Argument.Address, Pipe.Count) ? 0 : Errno.EFAULT;
    }
}
