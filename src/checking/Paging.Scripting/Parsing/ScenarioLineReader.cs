using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Paging.Scripting.Parsing;

/// <summary>Reads lines of text out of bytes that may be anything at all.</summary>
/// <remarks>
/// Holds one line and one block of the file at a time, whatever the file's length; a line over <see cref="LineByteLengthMax"/>
/// ends the reading as soon as that many bytes have been seen. What it hands out is UTF-8 without control characters but tabs.
/// A byte order mark at the start and carriage returns at the ends of lines are passed over.
/// </remarks>
internal sealed class ScenarioLineReader(Stream stream, string fileName)
{
    /// <summary>The longest line, in bytes without its end.</summary>
    public const int LineByteLengthMax = 1 << 20;

    private const int FirstBufferByteLength = 1 << 14;
    private static readonly SearchValues<char> Controls = SearchValues.Create(AllControls());

    private byte[] _buffer = new byte[FirstBufferByteLength];
    private int _start;    // the first byte not handed out yet
    private int _end;      // after the last byte read
    private bool _isAtEnd;

    /// <summary>The line handed out last, from 1.</summary>
    public ScenarioPlace Place { get; private set; } = new(fileName, 0);

    /// <summary>The next line without its end; null after the last.</summary>
    /// <exception cref="ScenarioFormatException">The line is too long, or not text.</exception>
    public string? ReadLine()
    {
        int searched = 0;
        int length;
        while ((length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n')) < 0)
        {
            searched = _end - _start;
            if (_isAtEnd)
            {
                if (searched == 0) return null;
                return Decode(Take(searched, endLength: 0));
            }
            if (searched > LineByteLengthMax) break;
            Fill();
        }
        if (length < 0 || searched + length > LineByteLengthMax)
            throw (Place with { Line = Place.Line + 1 }).Error($"line too long (over {LineByteLengthMax:N0} bytes)");
        return Decode(Take(searched + length, endLength: 1));
    }

    private ReadOnlySpan<byte> Take(int length, int endLength)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
        _start += length + endLength;
        Place = Place with { Line = Place.Line + 1 };
        return line;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        int count = stream.Read(_buffer, _end, _buffer.Length - _end);
        _isAtEnd = count == 0;
        _end += count;
    }

    private string Decode(ReadOnlySpan<byte> line)
    {
        if (Place.Line == 1 && line.StartsWith("\uFEFF"u8)) line = line["\uFEFF"u8.Length..];
        if (line.EndsWith("\r"u8)) line = line[..^1];
        if (!Utf8.IsValid(line)) throw Place.Error("not a text file: the line is not UTF-8");
        string text = Encoding.UTF8.GetString(line);
        int control = text.AsSpan().IndexOfAny(Controls);
        if (control >= 0) throw Place.Error($"not a text file: control character U+{(int)text[control]:X4} in column {control + 1}");
        return text;
    }

    private static string AllControls()
    {
        StringBuilder all = new();
        for (char character = '\0'; character < 0x100; character++)
            if (char.IsControl(character) && character != '\t') all.Append(character);
        return all.Append('\u2028').Append('\u2029').ToString();    // line ends to some, which would break messages in two
    }
}
