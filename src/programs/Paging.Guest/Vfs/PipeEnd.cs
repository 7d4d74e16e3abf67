using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs;

/// <summary>One end of a pipe.</summary>
internal sealed class PipeEnd : OpenDescription
{
    private readonly GuestClock _clock;
    private readonly WakeUps _wakeUps;
    private readonly Action<Pipe>? _lastClosed;

    public PipeEnd(GuestClock clock, WakeUps wakeUps, Pipe pipe, ulong inode, FileFlags flags, Action<Pipe>? lastClosed = null)
        : base($"pipe:[{inode}]", flags)
    {
        (_clock, _wakeUps, Pipe, Inode, _lastClosed) = (clock, wakeUps, pipe, inode, lastClosed);
        OpensBefore = (pipe.Opens.Read - Math.Min(pipe.ReaderCount, 1), pipe.Opens.Write - Math.Min(pipe.WriterCount, 1));
        if (CanRead) pipe.ReaderCount++;
        if (CanWrite) pipe.WriterCount++;
        pipe.Opens = (pipe.Opens.Read + (CanRead ? 1 : 0), pipe.Opens.Write + (CanWrite ? 1 : 0));
        wakeUps.Add();
    }

    /// <summary>
    /// True if the other side is open, or was since this one was opened; always for an end open for both. Linux: wait_for_partner.
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

    public override Pipe Pipe { get; }

    /// <summary>The count of opens of each side before this end's; one less if it was still open.</summary>
    public (int Read, int Write) OpensBefore { get; set; }

    public ulong Inode { get; }

    public override SavedFileKind? SavedKind => Node is null ? SavedFileKind.Pipe : SavedFileKind.NamedPipe;

    public override void Save(RecordWriter writer, ISavedReferences references)
    {
        writer.Write(Inode);
        writer.Write(references.NumberOf(Pipe));
        writer.Write(Node?.Path ?? "");
        writer.Write(OpensBefore.Read);
        writer.Write(OpensBefore.Write);
    }

    /// <summary>Linux: create_pipe_files; fifo_open does not set it.</summary>
    public override bool CanRefuseToWait => Node is null;

    public override bool SignalsBrokenPipe => true;

    public override (long ToRead, long ToWrite) Wakes => Pipe.Wakes;

    public override long PseudoFileSystem => 0x5049_5045;    // PIPEFS_MAGIC

    public override int Readiness
    {
        get
        {
            int events = 0;
            if (CanRead && Pipe.Count > 0) events |= PollEvents.Readable;    // also after the last writer: bytes come before the end
            bool hadWriter = Node is null || HasPartner;    // a FIFO waits for its first writer
            if (CanRead && Pipe.WriterCount == 0 && hadWriter) events |= PollEvents.HangUp;
            if (CanWrite && !Pipe.IsFull) events |= PollEvents.Writable;    // as soon as a page is free
            if (CanWrite && Pipe.ReaderCount == 0) events |= PollEvents.Error;    // poll(2): the read end is closed
            return events;
        }
    }

    public override Errno Allocate(AllocationFlags flags, long offset, long byteLength) => Errno.ESPIPE;

    public override bool HasAdvice => false;

    public override Errno Status(out FileStatus status)
    {
        if (Node is { } node) return node.Status(out status);
        status = FileStatus.MadeAt(_clock.StartedAt) with
        {
            Device = 0x0C,    // of pipefs: any number that no mount has
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
        Pipe.Owner = FileStatus.OwnerAfterChown(Pipe.Owner, user, group);
        Pipe.Mode = FileStatus.ModeAfterChown(Pipe.Mode);
        return Errno.None;
    }

    /// <summary>Reads; bytes that cannot be copied stay in the pipe. Linux: pipe_read.</summary>
    public override CallResult ReadTo(ref UserTransfer transfer)
    {
        Span<byte> buffer = transfer.Buffer((int)Math.Min(transfer.Parts.ByteLength, Pipe.Capacity));
        CallResult found = Peek(buffer);
        if (found.Count == 0) return found;
        int copied = transfer.Parts.CopyTo(0, buffer[..found.Count]);
        if (copied < found.Count && transfer.Parts.User.NeedsPage) return Errno.EFAULT;    // made again when the page is there
        int taken = Pipe.BytesToTake(copied, found.Count);
        Drop(taken);
        return taken > 0 ? taken : Errno.EFAULT;    // only what arrived has left the pipe
    }

    /// <summary>
    /// Writes the pieces as one: a page of the pipe may have the end of one and the start of the next. EPIPE if the pipe has no reader.
    /// Linux: anon_pipe_write.
    /// </summary>
    public override CallResult WriteFrom(ref UserTransfer transfer)
    {
        while (transfer.Done < transfer.Parts.ByteLength)
        {
            int done = transfer.Done, wanted = Pipe.NextPut(transfer.Parts.ByteLength - done, isFirst: done == 0, WriteBlockByteLength);
            if (Pipe.ReaderCount == 0)
            {
                transfer.Signal = SignalNumber.Pipe;    // even if a part went in
                return transfer.DoneOr(Errno.EPIPE);
            }

            if (!Pipe.HasRoomFor(wanted))    // before the bytes are read, which may fault
            {
                CallResult full = WaitOrFail();
                return full.IsWaiting ? full : transfer.DoneOr(full);
            }

            Span<byte> buffer = transfer.Buffer(wanted);
            int copied = transfer.Parts.CopyFrom(done, buffer);
            if (copied < wanted) copied = Pipe.BytesToPut(copied, wanted);
            if (copied < wanted && transfer.Parts.User.NeedsPage) return CallResult.Waits;    // the page of the pipe is filled as a whole
            if (copied == 0) return transfer.DoneOr(Errno.EFAULT);
            CallResult put = Write(buffer[..copied]);
            if (put.IsWaiting) return put;
            if (!put.IsValue) return transfer.DoneOr(put);
            transfer.Done += put.Count;
            if (copied < wanted) break;
        }

        return transfer.Done;
    }

    public override CallResult Read(Span<byte> destination)
    {
        CallResult count = Peek(destination);
        if (count.IsValue) Drop(count.Count);
        return count;
    }

    /// <summary>Copies the bytes of the next read without removing them. 0 at the end.</summary>
    public CallResult Peek(Span<byte> destination)
    {
        if (destination.IsEmpty) return 0;
        Errno error = Pipe.Peek(destination, out int count);
        if (error != Errno.None) return error;
        return count > 0 || Pipe.WriterCount == 0 ? count : WaitOrFail();    // 0 is the end of the file
    }

    /// <summary>Removes peeked bytes.</summary>
    public void Drop(int byteLength)
    {
        if (byteLength == 0) return;
        Pipe.Drop(byteLength);
        _wakeUps.Add();
    }

    /// <summary>
    /// Writes. EPIPE without a reader; the caller sends the signal. Writes of up to PIPE_BUF are atomic.
    /// </summary>
    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return 0;
        if (Pipe.ReaderCount == 0) return Errno.EPIPE;    // before EAGAIN, even if it is full (pipe(7))
        CallResult count = Pipe.Put(source);
        if (count.IsError) return count;
        if (count.Count == 0) return WaitOrFail();    // full
        _wakeUps.Add();
        return count;
    }

    /// <summary>Takes as much as fits, so that the rest stays unread in the file. Linux: splice_file_to_pipe.</summary>
    public override CallResult SpliceFrom(ref UserTransfer transfer) => Write(transfer.Parts.OfKernel);

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
        _wakeUps.Add();
    }

    public override Errno Reopen(FileFlags flags, out OpenDescription? open)
    {
        open = new PipeEnd(_clock, _wakeUps, Pipe, Inode, flags & (FileFlags.AccessMask | FileFlags.NonBlocking));
        return Errno.None;
    }

    public override CallResult Ioctl(in IoctlCall call)
    {
        if (call.Request != IoctlCall.BytesToRead) return base.Ioctl(call);
        return call.User.TryWrite(call.Argument.Address, Pipe.Count) ? 0 : Errno.EFAULT;
    }
}
