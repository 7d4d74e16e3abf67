using System.Buffers;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Native;

namespace Paging.Guest.Vfs;

/// <summary>One read or write of a program's memory through an open file. Linux: struct kiocb and its iov_iter.</summary>
/// <remarks>The task begins and ends it; the open file moves the bytes, and reports here why it could not move all of them.</remarks>
internal ref struct UserTransfer(UserParts parts, long? offset, int done)
{
    private const int StreamByteLength = 65536;    // a pipe's usual capacity; a read may return less

    private byte[]? _buffer;

    public UserParts Parts { get; } = parts;

    /// <summary>The offset in the file; null for its position.</summary>
    public long? Offset { get; } = offset;

    /// <summary>RLIMIT_FSIZE.</summary>
    public ulong FileSizeMax { get; init; } = LimitTable.Infinity;

    /// <summary>Ends the call early, with the bytes moved so far.</summary>
    public StopFlag? Stop { get; init; }

    /// <summary>The bytes moved, with those of earlier tries of the call.</summary>
    public int Done { get; set; } = done;

    /// <summary>Bytes taken from a stream that could not be copied for want of a page; the next read returns them.</summary>
    public (OpenDescription From, byte[] Bytes)? Kept { get; set; }

    /// <summary>When a wait ends, in the guest's nanoseconds, or null.</summary>
    public long? Deadline { get; set; }

    /// <summary>The result if a signal interrupts a wait before any byte was moved.</summary>
    public CallResult Interrupted { get; set; } = CallResult.RestartUnlessHandled;

    /// <summary>The signal to send to the caller (SIGPIPE, SIGXFSZ), even if some bytes were moved.</summary>
    public SignalNumber Signal { get; set; }

    /// <summary>Returns the bytes moved, or an error if there are none.</summary>
    public readonly CallResult DoneOr(CallResult result) => Done > 0 ? Done : result;

    /// <summary>Returns a buffer of the kernel's, valid until the next one.</summary>
    public Span<byte> Buffer(int byteLength)
    {
        if (_buffer is null || _buffer.Length < byteLength)
        {
            Dispose();
            _buffer = ArrayPool<byte>.Shared.Rent(byteLength);
        }

        return _buffer.AsSpan(0, byteLength);
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }

    /// <summary>Reads a stream once, for all pieces together.</summary>
    public CallResult ReadOnce(OpenDescription open)
    {
        Span<byte> bytes = Buffer((int)Math.Min(Parts.ByteLength, StreamByteLength));
        CallResult result = ReadKept(open, bytes);
        if (result.Count == 0 || Parts.TryCopyTo(0, bytes[..result.Count])) return result;    // a stream cannot be read twice
        if (Parts.User.NeedsPage) Kept = (open, bytes[..result.Count].ToArray());
        return Errno.EFAULT;
    }

    /// <summary>Reads piece by piece, a page at a time. An error after some bytes were copied is not reported.</summary>
    public CallResult ReadPages(OpenDescription open)
    {
        Span<byte> page = Buffer(PageWords.ByteLength);
        long earlier = Done;    // of an earlier try
        foreach ((VirtualAddress at, uint length) in Parts.Pieces)
        {
            uint left = Math.Min(length, UserParts.ByteLengthMax), part = (uint)Math.Min(earlier, left);
            earlier -= part;
            if (part == left && left != 0) continue;
            do
            {
                Span<byte> wanted = page[..(int)Math.Min(left - part, PageWords.ByteLength)];
                long before = open.Position;
                CallResult result = Offset is { } from ? open.ReadAt(from + Done, wanted) : open.Read(wanted);
                if (!result.IsValue) return DoneOr(result);
                int count = result.Count, copied = Parts.User.CopyTo(at + part, wanted[..count]);
                if (copied < count)
                {
                    if (Offset is null) open.Position = before + copied;
                    Done += copied;
                    return Parts.User.NeedsPage ? CallResult.Waits : DoneOr(Errno.EFAULT);
                }

                Done += copied;
                part += (uint)copied;
                if (count < wanted.Length || Stop is { IsSet: true }) return Done;
            }
            while (part < left);    // do: a piece of no bytes still asks the file once
        }

        return Done;
    }

    /// <summary>Writes piece by piece, after the bytes that an earlier try has written.</summary>
    public CallResult WriteBlocks(OpenDescription open)
    {
        if (Parts.Pieces is [(_, 0)]) return open.Write([]);    // the file decides: it may be an error
        if (open.GathersPieces) return WriteUpTo(open, Math.Min(Parts.ByteLength, UserParts.ByteLengthMax), out _);
        long end = 0;
        foreach ((_, uint length) in Parts.Pieces)
        {
            end = Math.Min(end + length, UserParts.ByteLengthMax);    // Linux: import_iovec
            CallResult result = WriteUpTo(open, end, out bool isWhole);
            if (!isWhole) return result;
        }

        return Done;
    }

    /// <summary>Writes a block at a time, from <see cref="Done"/> to an end.</summary>
    /// <param name="open">The file.</param>
    /// <param name="end">The end, in the bytes of all pieces.</param>
    /// <param name="isWhole">True if all of them are written: a next piece may follow.</param>
    private CallResult WriteUpTo(OpenDescription open, long end, out bool isWhole)
    {
        isWhole = Done > end;    // written by an earlier try
        Errno error = isWhole ? Errno.None : open.ValidateWrite((uint)(end - Done));
        if (error != Errno.None) return DoneOr(error);
        while (Done < end)
        {
            int block = open.WriteBlockByteLength, inBlock = (int)((Offset + Done ?? open.Position) % block);
            int wanted = (int)Math.Min(end - Done, block - inBlock);    // pages of a file are checked and copied one by one
            error = open.CutToLimit(FileSizeMax, Offset, Done, ref wanted);
            if (error != Errno.None)
            {
                if (Done == 0) Signal = SignalNumber.FileSize;
                return DoneOr(error);
            }

            error = open.CheckWrite(Offset + Done, wanted);    // a refused write does not touch its source
            if (error != Errno.None) return DoneOr(error);
            Span<byte> bytes = Buffer(wanted);
            int copied = Parts.CopyFrom(Done, bytes);
            if (copied < wanted)
            {
                error = open.BeginWrite(Offset + Done, wanted);    // checks the bytes that fault, too
                if (error != Errno.EFAULT) return DoneOr(error);
                bool mustWait = Parts.User.NeedsPage;
                // The source may be a page of the file itself, which BeginWrite has brought within its length
                if (copied == 0 && !mustWait) copied = Parts.CopyFrom(Done, bytes);
                if (copied == 0) return mustWait ? CallResult.Waits : DoneOr(error);
            }

            CallResult result = Offset is { } from ? open.WriteAt(from + Done, bytes[..copied]) : open.Write(bytes[..copied]);
            if (result.IsWaiting) return result;
            if (result == Errno.EPIPE && open.SignalsBrokenPipe) Signal = SignalNumber.Pipe;    // even if a part went in
            if (!result.IsValue) return DoneOr(result);
            Done += result.Count;
            if (copied < wanted && Parts.User.NeedsPage) return CallResult.Waits;
            if (result.Count < copied || Stop is { IsSet: true }) return Done;    // after a bad page the next round finds the error
        }

        isWhole = true;
        return Done;
    }

    /// <summary>Returns the bytes that an earlier try has taken first.</summary>
    private CallResult ReadKept(OpenDescription open, Span<byte> destination)
    {
        if (Kept is not { } kept || kept.From != open) return open.Read(destination);
        int count = Math.Min(kept.Bytes.Length, destination.Length);
        kept.Bytes.AsSpan(0, count).CopyTo(destination);
        Kept = count == kept.Bytes.Length ? null : (open, kept.Bytes[count..]);
        return count;
    }
}
