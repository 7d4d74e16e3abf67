using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>An open file as a stream to write to, up to a length. Does not close it.</summary>
internal sealed class OpenFileStream(OpenDescription open, ulong byteLengthMax) : Stream
{
    private long _position, _length;

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    /// <exception cref="IOException">The file has failed, or would be longer than it may be.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int most = (int)Math.Min((ulong)buffer.Length, byteLengthMax - Math.Min((ulong)_position, byteLengthMax));
            CallResult count = most == 0 ? Errno.EFBIG : open.WriteAt(_position, buffer[..most]);
            if (count.Count == 0) throw new IOException($"cannot write the file: {count.Error}");
            buffer = buffer[count.Count..];
            _position += count.Count;
            _length = Math.Max(_length, _position);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => _position = offset + origin switch
    {
        SeekOrigin.Current => _position,
        SeekOrigin.End => _length,
        _ => 0,
    };

    public override void SetLength(long value)
    {
        long allowed = (long)Math.Min((ulong)value, byteLengthMax);
        Errno error = open.SetLength(allowed);
        if (error == Errno.None && allowed < value) error = Errno.EFBIG;
        if (error != Errno.None) throw new IOException($"cannot set the file's length: {error}");
        _length = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
