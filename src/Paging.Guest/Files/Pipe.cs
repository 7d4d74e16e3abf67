using Paging.Core;

namespace Paging.Guest;

/// <summary>What two ends have between them: 64 KiB at most. Linux: fs/pipe.c.</summary>
internal sealed class Pipe
{
    /// <summary>Writes of at most so many bytes are not torn apart.</summary>
    public const int AtomicByteLength = 4096;

    private byte[] _bytes = new byte[65536];
    private int _first;

    public int Count { get; private set; }

    public int Capacity => _bytes.Length;

    public int ReaderCount { get; set; }

    public int WriterCount { get; set; }

    public int Free => _bytes.Length - Count;

    public int Take(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, Count);
        int head = Math.Min(count, _bytes.Length - _first);
        _bytes.AsSpan(_first, head).CopyTo(destination);
        _bytes.AsSpan(0, count - head).CopyTo(destination[head..]);
        _first = (_first + count) % _bytes.Length;
        Count -= count;
        return count;
    }

    public int Put(ReadOnlySpan<byte> source)
    {
        int count = Math.Min(source.Length, Free);
        int end = (_first + Count) % _bytes.Length;
        int head = Math.Min(count, _bytes.Length - end);
        source[..head].CopyTo(_bytes.AsSpan(end));
        source[head..count].CopyTo(_bytes);
        Count += count;
        return count;
    }

    /// <summary>F_SETPIPE_SZ. EBUSY: less than there is in it.</summary>
    public Errno Resize(int capacity)
    {
        if (capacity < Count) return Errno.EBUSY;
        byte[] bytes = new byte[capacity];
        int count = Take(bytes);
        (_bytes, _first, Count) = (bytes, 0, count);
        return Errno.None;
    }
}

/// <summary>One end of a pipe.</summary>
internal sealed class PipeEnd : OpenDescription
{
    private readonly GuestKernel _kernel;

    public PipeEnd(GuestKernel kernel, Pipe pipe, ulong inode, int flags, string? path = null) : base(path ?? $"pipe:[{inode}]", flags)
    {
        (_kernel, Pipe, Inode) = (kernel, pipe, inode);
        if (CanRead) pipe.ReaderCount++;
        if (CanWrite) pipe.WriterCount++;
    }

    public Pipe Pipe { get; }

    public ulong Inode { get; }

    public override int Readiness
    {
        get
        {
            int events = 0;
            if (CanRead && Pipe.Count > 0) events |= 1;
            if (CanRead && Pipe.WriterCount == 0) events |= 16;
            if (CanWrite && Pipe.Free >= Pipe.AtomicByteLength) events |= 4;
            if (CanWrite && Pipe.ReaderCount == 0) events |= 8;
            return events;
        }
    }

    public override Errno Status(out FileStatus status)
    {
        status = new() { Device = 0x0C, Inode = Inode, Mode = FileStatus.Fifo | 0x180, Links = 1, BlockByteLength = 4096, AccessedAt = _kernel.Clock.StartedAt, ModifiedAt = _kernel.Clock.StartedAt, ChangedAt = _kernel.Clock.StartedAt };
        return Errno.None;
    }

    public override int Read(Span<byte> destination)
    {
        if (destination.IsEmpty) return 0;
        int count = Pipe.Take(destination);
        if (count > 0) _kernel.Happened();
        if (count > 0 || Pipe.WriterCount == 0) return count;
        return IsNonBlocking ? -(int)Errno.EAGAIN : CallResult.Block;
    }

    /// <summary>EPIPE: nobody can read it any more; the signal is the caller's to send. Small writes go in as a whole or not at all.</summary>
    public override int Write(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return 0;
        if (Pipe.ReaderCount == 0) return -(int)Errno.EPIPE;
        bool fits = source.Length > Pipe.AtomicByteLength ? Pipe.Free > 0 : Pipe.Free >= source.Length;
        if (!fits) return IsNonBlocking ? -(int)Errno.EAGAIN : CallResult.Block;
        _kernel.Happened();
        return Pipe.Put(source);
    }

    protected override void Close()
    {
        if (CanRead) Pipe.ReaderCount--;
        if (CanWrite) Pipe.WriterCount--;
        _kernel.Happened();
    }

    public override int Ioctl(GuestTask task, uint request, uint argument)
    {
        const uint bytesToRead = 0x541B;
        if (request != bytesToRead) return base.Ioctl(task, request, argument);
        return task.User.TryWrite(argument, Pipe.Count) ? 0 : -(int)Errno.EFAULT;
    }
}
