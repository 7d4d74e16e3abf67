using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>A file whose reads take their time, some of which fail. The bytes are those of the moment of the request.</summary>
internal sealed class LateFile(int byteLength, LateAnswers answers) : IFileBacking
{
    private byte[] _bytes = new byte[byteLength];
    private volatile bool _isDisposed;

    public long ByteLength => _bytes.Length;
    public bool AllowsConcurrentReads => true;

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byte[] bytes = _bytes;
        byteCount = (int)Math.Clamp(bytes.Length - offset, 0, destination.Length);
        bytes.AsSpan((int)Math.Min(offset, bytes.Length), byteCount).CopyTo(destination);
        Errno error = answers.Await();
        if (error != Errno.None) destination.Fill(0xEE);    // must not be used
        return _isDisposed ? throw new InvariantException("a file is read that has been closed") : error;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = source.Length;
        if (offset + byteCount > _bytes.Length) Array.Resize(ref _bytes, (int)offset + byteCount);
        source.CopyTo(_bytes.AsSpan((int)offset));
        return Errno.None;
    }

    public Errno SetLength(long byteLength)
    {
        Array.Resize(ref _bytes, (int)byteLength);
        return Errno.None;
    }

    public Errno Flush() => Errno.None;
    public void Dispose() => _isDisposed = true;
}
