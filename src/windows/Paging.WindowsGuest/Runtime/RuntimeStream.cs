using Paging.Windows;
using Paging.WindowsGuest.Calls;

namespace Paging.WindowsGuest.Runtime;

//   program ──► Put ──► buffer ──► console or file          program ◄── Get ◄── put back ◄── read ahead ◄── console or file
/// <summary>A stream of the C library: bytes are collected before they are written, and read ahead.</summary>
/// <remarks>In text mode LF is written as CR LF, CR before LF is not seen, and Ctrl-Z ends the text.</remarks>
internal sealed class RuntimeStream(object target, bool isText, bool reads, bool writes, bool appends, bool isBuffered)
{
    private const int BufferLength = 4096;
    private const byte EndOfText = 26;    // Ctrl-Z, as CP/M ended texts

    private readonly List<byte> _written = [];
    private readonly Stack<byte> _putBack = new();
    private readonly byte[] _ahead = new byte[BufferLength];
    private int _aheadCount, _aheadAt;
    private long _position;

    /// <summary>True after a read at the end.</summary>
    public bool IsAtEnd { get; set; }

    /// <summary>True after a read or a write that failed.</summary>
    public bool HasFailed { get; set; }

    /// <summary>True for LF as CR LF.</summary>
    public bool IsText { get; set; } = isText;

    /// <summary>False: each write goes out at once.</summary>
    public bool IsBuffered { get; set; } = isBuffered;

    /// <summary>The next byte; −1 at the end.</summary>
    public int Get()
    {
        if (_putBack.TryPop(out byte back)) return back;
        int value = Next();
        if (IsText && value == '\r')
        {
            int next = Next();
            if (next == '\n') value = next;
            else if (next >= 0) _aheadAt--;    // it was just read, so it is there to go back to
        }

        if (IsText && value == EndOfText) value = -1;
        IsAtEnd |= value < 0;
        return value;
    }

    /// <summary>Puts a byte back, to be read again.</summary>
    public void PutBack(byte value)
    {
        _putBack.Push(value);
        IsAtEnd = false;
    }

    /// <summary>Writes bytes. Returns false if the stream is not to be written, or there is no room.</summary>
    public bool Put(ReadOnlySpan<byte> bytes)
    {
        if (!writes)
        {
            HasFailed = true;
            return false;
        }

        ForgetAhead();
        foreach (byte value in bytes)
        {
            if (IsText && value == '\n') _written.Add((byte)'\r');
            _written.Add(value);
            if (_written.Count >= BufferLength && !Flush()) return false;
        }

        return (IsBuffered && _written.Count < BufferLength) || Flush();
    }

    /// <summary>Writes the collected bytes.</summary>
    public bool Flush()
    {
        if (_written.Count == 0) return true;
        bool isWritten = true;
        byte[] bytes = [.. _written];
        _written.Clear();
        if (target is ConsoleStream console)
        {
            console.Stream.Write(bytes);
            console.Stream.Flush();
        }
        else
        {
            WindowsFile file = ((OpenedFile)target).File;
            if (appends) _position = file.ByteLength;    // fopen: each write goes to the end
            isWritten = file.WriteFile(_position, bytes, out int count) == Win32Error.Success && count == bytes.Length;
            _position += count;
        }

        HasFailed |= !isWritten;
        return isWritten;
    }

    /// <summary>The position of the next byte to be read or written; −1 for a console.</summary>
    public long Tell() =>
        target is ConsoleStream ? -1 : _position - (_aheadCount - _aheadAt) - _putBack.Count + _written.Count;

    /// <summary>Goes to a place: from the start, from here, or from the end. Returns false before the start, and for a console.</summary>
    public bool Seek(long distance, uint from)
    {
        if (target is ConsoleStream || from > 2 || !Flush()) return false;
        long place = distance + from switch { 0 => 0, 1 => Tell(), _ => ((OpenedFile)target).File.ByteLength };
        if (place < 0) return false;
        ForgetAhead();
        _position = place;
        IsAtEnd = false;
        return true;
    }

    private void ForgetAhead()
    {
        _position -= _aheadCount - _aheadAt;
        (_aheadCount, _aheadAt) = (0, 0);
        _putBack.Clear();
    }

    private int Next()
    {
        if (_aheadAt < _aheadCount) return _ahead[_aheadAt++];
        if (!reads)
        {
            HasFailed = true;
            return -1;
        }

        Flush();
        (_aheadAt, _aheadCount) = (0, 0);
        if (target is ConsoleStream console) _aheadCount = console.Stream.Read(_ahead);
        else
        {
            HasFailed |= ((OpenedFile)target).File.ReadFile(_position, _ahead, out _aheadCount) != Win32Error.Success;
            _position += _aheadCount;
        }

        return _aheadCount > 0 ? _ahead[_aheadAt++] : -1;
    }
}
