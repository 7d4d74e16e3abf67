namespace Paging.Programs.Cores;

/// <summary>The memory of a minidump as a stream of 4 GiB: a position is an address, and bytes that the dump does not have are 0.</summary>
/// <remarks>A dump has ranges of any length at any address; areas have whole pages. Cost of a read: O(log ranges + ranges in it).</remarks>
internal sealed class MinidumpMemory(Stream dump, IReadOnlyList<MinidumpRange> ranges) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => 1L << 32;

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Clamp(Length - Position, 0, buffer.Length);
        buffer = buffer[..count];
        buffer.Clear();
        long end = Position + count;
        for (int i = FirstAfter(Position); i < ranges.Count && ranges[i].Start < end; i++)
        {
            MinidumpRange range = ranges[i];
            long from = Math.Max(range.Start, Position), to = Math.Min(range.End, end);
            dump.Position = range.Offset + (from - range.Start);
            dump.ReadExactly(buffer[(int)(from - Position)..(int)(to - Position)]);
        }

        Position = end;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) dump.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The first range that ends beyond a position.</summary>
    private int FirstAfter(long position)
    {
        int low = 0, high = ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ranges[middle].End <= position) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

/// <summary>Bytes of memory in a minidump.</summary>
/// <param name="Start">The address of the first byte.</param>
/// <param name="Length">The number of bytes.</param>
/// <param name="Offset">Where they lie in the file.</param>
internal readonly record struct MinidumpRange(long Start, long Length, long Offset)
{
    /// <summary>The address after the last byte.</summary>
    public long End => Start + Length;
}
