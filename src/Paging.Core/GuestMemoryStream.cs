using Paging.Native;

namespace Paging.Core;

/// <summary>A range of a process's memory as a stream. Accesses fault as the program's own do.</summary>
internal sealed class GuestMemoryStream(Mmu mmu, VirtualAddress start, long byteLength, FileAccess access) : Stream
{
    private long _position;
    private bool _isClosed;

    public override bool CanRead => !_isClosed && (access & FileAccess.Read) != 0;

    public override bool CanSeek => !_isClosed;

    public override bool CanWrite => !_isClosed && (access & FileAccess.Write) != 0;

    public override long Length
    {
        get
        {
            ThrowIfClosed();
            return byteLength;
        }
    }

    public override long Position
    {
        get
        {
            ThrowIfClosed();
            return _position;
        }
        set
        {
            ThrowIfClosed();
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>Reads up to the end of the stream or the first byte that cannot be read.</summary>
    /// <exception cref="IOException">Not even the first byte can be read; the inner exception names the fault.</exception>
    public override int Read(Span<byte> buffer)
    {
        ThrowIfClosed();
        if (!CanRead) throw new NotSupportedException("The stream was opened for writing only.");
        int wanted = (int)Math.Min(buffer.Length, Math.Max(byteLength - _position, 0));    // the position may be beyond the end
        if (wanted == 0) return 0;
        int count = mmu.CopyOut(start + (uint)_position, buffer[..wanted], out MemoryFault fault);
        if (count == 0) throw NewFault(fault, "read");    // otherwise the next read reports it
        _position += count;
        return count;
    }

    /// <summary>Writes all bytes.</summary>
    /// <exception cref="IOException">
    /// The bytes exceed the stream, and none was written; or one cannot be written: those before it were, and the position is there.
    /// </exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ThrowIfClosed();
        if (!CanWrite) throw new NotSupportedException("The stream was opened for reading only.");
        if (buffer.IsEmpty) return;
        if (buffer.Length > byteLength - _position)    // before any byte is written
            throw new IOException($"{buffer.Length} bytes do not fit at {_position} of {byteLength}: the stream cannot grow.");
        int count = mmu.CopyIn(start + (uint)_position, buffer, out MemoryFault fault);
        _position += count;
        if (count != buffer.Length) throw NewFault(fault, "write");
    }

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    public override void WriteByte(byte value) => Write([value]);

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    // An engine belongs to one thread, so the asynchronous members do their work at once instead of on a thread of the pool.

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return default;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Read(buffer, offset, count));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        ThrowIfClosed();
        long position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            SeekOrigin.End => byteLength + offset,
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        };
        if (position < 0) throw new IOException("The position lies before the beginning of the stream.");
        return _position = position;
    }

    public override void SetLength(long value) => throw new NotSupportedException("A range of memory has a fixed length.");

    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing)
    {
        _isClosed = true;
        base.Dispose(disposing);
    }

    private IOException NewFault(MemoryFault fault, string call) =>
        new($"cannot {call} guest memory at {start + (uint)_position}: {fault.Kind}", new PageFaultException(fault));

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);
}
