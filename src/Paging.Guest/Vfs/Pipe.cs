using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;

namespace Paging.Guest.Vfs;

//  ├ 4000 ··┤├ 4000 ··┤├ 400 ·····┤  ·  ·  ·      16 pages; a write joins the last page only if its odd part fits there as a whole
/// <summary>
/// What two ends have between them: sixteen pages at most, as full as the writes left them. Linux: fs/pipe.c pipe_write, pipe_read.
/// </summary>
internal sealed class Pipe
{
    /// <summary>Writes of at most so many bytes are not torn apart; also the bytes of a page.</summary>
    public const int AtomicByteLength = PageWords.ByteLength;

    private readonly LinkedList<Page> _pages = new();
    private int _pagesMax = 16;

    public int Count { get; private set; }

    public int Capacity => _pagesMax * AtomicByteLength;

    public int ReaderCount { get; set; }

    public int WriterCount { get; set; }

    public bool IsFull => _pages.Count >= _pagesMax;

    /// <summary>How often readers and writers were woken: by each write, and by a read from a full one.</summary>
    public (long ToRead, long ToWrite) Wakes { get; private set; }

    public int Take(Span<byte> destination)
    {
        int done = 0;
        bool wasFull = IsFull;
        while (done < destination.Length && _pages.First?.Value is { } page)
        {
            int count = Math.Min(destination.Length - done, page.End - page.Start);
            page.Bytes.AsSpan(page.Start, count).CopyTo(destination[done..]);
            page.Start += count;
            done += count;
            if (page.Start == page.End) _pages.RemoveFirst();
        }

        Count -= done;
        if (wasFull && !IsFull) Wakes = (Wakes.ToRead, Wakes.ToWrite + 1);
        return done;
    }

    /// <summary>Takes as much as there is room for.</summary>
    public int Put(ReadOnlySpan<byte> source)
    {
        int done = 0;
        int odd = source.Length & (AtomicByteLength - 1);
        if (odd != 0 && _pages.Last?.Value is { } last && last.End + odd <= AtomicByteLength)
        {
            source[..odd].CopyTo(last.Bytes.AsSpan(last.End));
            last.End += odd;
            done = odd;
        }

        while (done < source.Length && !IsFull)
        {
            Page page = new();
            int count = Math.Min(source.Length - done, AtomicByteLength);
            source.Slice(done, count).CopyTo(page.Bytes);
            page.End = count;
            _pages.AddLast(page);
            done += count;
        }

        Count += done;
        if (done > 0) Wakes = (Wakes.ToRead + 1, Wakes.ToWrite);
        return done;
    }

    /// <summary>An end has gone: both sides look.</summary>
    public void WakeAll() => Wakes = (Wakes.ToRead + 1, Wakes.ToWrite + 1);

    /// <summary>F_SETPIPE_SZ. EBUSY: fewer pages than are in use.</summary>
    public Errno Resize(int capacity)
    {
        if (capacity / AtomicByteLength < _pages.Count) return Errno.EBUSY;
        _pagesMax = capacity / AtomicByteLength;
        return Errno.None;
    }

    private sealed class Page
    {
        public byte[] Bytes { get; } = new byte[AtomicByteLength];

        public int Start { get; set; }

        public int End { get; set; }
    }
}

/// <summary>One end of a pipe.</summary>
internal sealed class PipeEnd : OpenDescription
{
    private readonly GuestClock _clock;
    private readonly Happenings _happenings;

    public PipeEnd(GuestClock clock, Happenings happenings, Pipe pipe, ulong inode, int flags, string? path = null)
        : base(path ?? $"pipe:[{inode}]", flags)
    {
        (_clock, _happenings, Pipe, Inode) = (clock, happenings, pipe, inode);
        if (CanRead) pipe.ReaderCount++;
        if (CanWrite) pipe.WriterCount++;
    }

    public Pipe Pipe { get; }

    public ulong Inode { get; }

    public override bool SignalsBrokenPipe => true;

    public override (long ToRead, long ToWrite) Wakes => Pipe.Wakes;

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
        status = FileStatus.MadeAt(_clock.StartedAt) with
        {
            Device = 0x0C,
            Inode = Inode,
            Mode = FileModes.Fifo | FileModes.OwnerReadWrite
        };
        return Errno.None;
    }

    public override CallResult Read(Span<byte> destination)
    {
        if (destination.IsEmpty) return 0;
        int count = Pipe.Take(destination);
        if (count > 0) _happenings.Happened();
        if (count > 0 || Pipe.WriterCount == 0) return count;
        return WaitOrSay();
    }

    /// <summary>
    /// EPIPE: no reader is left; the caller sends the signal. Small writes go in as a whole or not at all.
    /// </summary>
    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return 0;
        if (Pipe.ReaderCount == 0) return Errno.EPIPE;
        int count = Pipe.Put(source);
        if (count == 0) return WaitOrSay();
        _happenings.Happened();
        return count;
    }

    protected override void Close()
    {
        if (CanRead) Pipe.ReaderCount--;
        if (CanWrite) Pipe.WriterCount--;
        Pipe.WakeAll();
        _happenings.Happened();
    }

    public override CallResult Ioctl(in IoctlCall call)
    {
        const uint bytesToRead = 0x541B;
        if (call.Request != bytesToRead) return base.Ioctl(call);
        return call.User.TryWrite(call.Argument.Address, Pipe.Count) ? 0 : Errno.EFAULT;
    }
}
