using System.Text;

namespace Paging.Testing.Conformance;

/// <summary>Lines of an adapter's output, each of bounded length.</summary>
/// <remarks>The reader of the framework would gather a line without an end for as long as there is memory.</remarks>
/// <param name="stream">The adapter's standard output.</param>
internal sealed class AdapterLines(Stream stream)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;    // what was read and not yet given out

    /// <summary>The next line without its end; null at the end of the output.</summary>
    /// <exception cref="AdapterException">A line is longer than <see cref="AdapterProtocol.LineLengthMax"/>.</exception>
    /// <exception cref="IOException">The pipe broke.</exception>
    public string? Next()
    {
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0) return Take(searched + length, skipped: 1);
            searched = _end - _start;
            if (searched > AdapterProtocol.LineLengthMax)
                throw new AdapterException(AdapterFailure.Malformed, $"sent a line of more than {AdapterProtocol.LineLengthMax} bytes");
            MakeRoom();
            int read = stream.Read(_buffer.AsSpan(_end));
            if (read == 0) return _end == _start ? null : Take(_end - _start, skipped: 0);
            _end += read;
        }
    }

    /// <summary>True if the next line needs no waiting.</summary>
    public bool HasNext => _buffer.AsSpan(_start, _end - _start).Contains((byte)'\n');

    private string Take(int length, int skipped)
    {
        string line = Encoding.UTF8.GetString(_buffer.AsSpan(_start, length)).TrimEnd('\r');
        _start += length + skipped;
        return line;
    }

    private void MakeRoom()
    {
        if (_end < _buffer.Length) return;
        byte[] target = _start > _buffer.Length / 2 ? _buffer : new byte[_buffer.Length * 2];
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        (_buffer, _end, _start) = (target, _end - _start, 0);
    }
}
