namespace Paging.Traces.Reading;

/// <summary>Lines of bytes out of a stream, through one buffer. Ends may be <c>\n</c> or <c>\r\n</c>; the last may be missing.</summary>
internal sealed class LineReader(Stream stream, string file) : IDisposable
{
    /// <summary>A line must fit into the buffer with its end.</summary>
    public const int LineByteLengthMax = 1 << 16;

    private readonly byte[] _buffer = new byte[LineByteLengthMax];
    private int _start, _end;      // bytes that wait
    private int _lineStart;        // of the line read last
    private bool _isAtEnd;

    /// <summary>The line read last, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The next line; false at the end. It is valid until the next call.</summary>
    /// <exception cref="TraceFormatException">A line is too long.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int length;
        int searched = 0;
        while ((length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n')) < 0 && !_isAtEnd)
        {
            searched = _end - _start;
            Fill();
        }
        length += length < 0 ? 0 : searched;
        bool hasEnd = length >= 0;
        if (!hasEnd) length = _end - _start;
        _lineStart = _start;
        line = _buffer.AsSpan(_start, length);
        _start += hasEnd ? length + 1 : length;
        if (!hasEnd && length == 0) return false;
        Line++;
        if (line.EndsWith("\r"u8)) line = line[..^1];
        return true;
    }

    /// <summary>The next bytes, at most as many as requested, without consuming them.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (_end - _start < count && !_isAtEnd) Fill();
        return _buffer.AsSpan(_start, Math.Min(count, _end - _start));
    }

    /// <summary>Fills a span with bytes instead of lines. Returns the number of bytes before the end.</summary>
    public int ReadBytes(Span<byte> bytes)
    {
        int count = Math.Min(bytes.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(bytes);
        _start += count;
        return count + stream.ReadAtLeast(bytes[count..], bytes.Length - count, throwOnEndOfStream: false);
    }

    /// <summary>The line read last will be read again.</summary>
    public void Unread()
    {
        _start = _lineStart;
        Line--;
    }

    /// <summary>The reason why the line read last is refused; for packed data cut short, the cut, as they unpack to nonsense.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="line">The line.</param>
    /// <param name="place">The index of the byte that does not fit; null for the whole line.</param>
    public TraceFormatException Refuse(string reason, ReadOnlySpan<byte> line, int? place = null) =>
        stream is WholeGzipStream packed && packed.IsCutShort() ? TraceErrors.Unpacking(file, Line, WholeGzipStream.CutShort)
            : TraceErrors.InLine(file, Line, place, reason, line);

    public void Dispose() => stream.Dispose();

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length) throw new TraceFormatException(file, Line + 1, $"a line is longer than {LineByteLengthMax} bytes");
        int count = stream.Read(_buffer.AsSpan(_end));
        _end += count;
        _isAtEnd = count == 0;
    }
}
