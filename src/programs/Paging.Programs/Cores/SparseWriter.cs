namespace Paging.Programs.Cores;

/// <summary>Writes to a stream and leaves holes for zeros where the stream can seek. Linux: fs/coredump.c dump_skip.</summary>
internal sealed class SparseWriter(Stream stream)
{
    private static ReadOnlySpan<byte> Zeros => new byte[4096];

    private long _skipped;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Leave();
        stream.Write(bytes);
    }

    /// <summary>Writes zeros, as a hole if possible.</summary>
    public void Skip(int byteLength) => _skipped += byteLength;

    /// <summary>Gives a file that ends with a hole its length.</summary>
    public void Finish()
    {
        if (_skipped != 0 && stream.CanSeek && stream.Position + _skipped > stream.Length) stream.SetLength(stream.Position + _skipped);
        Leave();
        stream.Flush();
    }

    private void Leave()
    {
        if (_skipped != 0 && stream.CanSeek)
        {
            stream.Seek(_skipped, SeekOrigin.Current);
            _skipped = 0;
        }

        for (; _skipped > 0; _skipped -= Math.Min(_skipped, Zeros.Length)) stream.Write(Zeros[..(int)Math.Min(_skipped, Zeros.Length)]);
    }
}
