namespace Paging.Traces.Reading;

/// <summary>Reads a line from left to right: numbers, blanks, single characters.</summary>
internal ref struct LineCursor(ReadOnlySpan<byte> line)
{
    private readonly int _byteLength = line.Length;
    private ReadOnlySpan<byte> _rest = line;
    private int _number;    // where the last number began

    /// <summary>True when a number had more than 64 bits: the better explanation of what went wrong.</summary>
    public bool HasOverflowed { get; private set; }

    /// <summary>The index of the next byte; after a number with too many bits, that of its first digit.</summary>
    public readonly int Place => HasOverflowed ? _number : _byteLength - _rest.Length;

    /// <summary>Passes blanks; true when nothing follows them.</summary>
    public bool IsAtEnd
    {
        get
        {
            SkipBlanks();
            return _rest.IsEmpty;
        }
    }

    /// <summary>Skips spaces and tabs. Returns false if there were none.</summary>
    public bool SkipBlanks()
    {
        int count = 0;
        while (count < _rest.Length && _rest[count] is (byte)' ' or (byte)'\t') count++;
        _rest = _rest[count..];
        return count > 0;
    }

    /// <summary>Takes one character, if it comes next.</summary>
    public bool TryTake(char character)
    {
        if (_rest.IsEmpty || _rest[0] != character) return false;
        _rest = _rest[1..];
        return true;
    }

    /// <summary>Takes a decimal number.</summary>
    public bool TryTakeDecimal(out ulong value)
    {
        value = 0;
        int count = 0;
        _number = _byteLength - _rest.Length;
        for (; count < _rest.Length && (uint)(_rest[count] - '0') <= 9; count++)
        {
            uint digit = (uint)(_rest[count] - '0');
            if (value > (ulong.MaxValue - digit) / 10) HasOverflowed = true;
            value = (value * 10) + digit;
        }
        _rest = _rest[count..];
        return count > 0 && !HasOverflowed;
    }

    /// <summary>Takes hexadecimal digits, with or without <c>0x</c> before them.</summary>
    public bool TryTakeHex(out ulong value)
    {
        _number = _byteLength - _rest.Length;
        if (_rest.StartsWith("0x"u8)) _rest = _rest[2..];
        value = 0;
        int count = 0;
        for (; count < _rest.Length && char.IsAsciiHexDigit((char)_rest[count]); count++)
        {
            if (value >> 60 != 0) HasOverflowed = true;
            value = (value << 4) | DigitOf(_rest[count]);
        }
        _rest = _rest[count..];
        return count > 0 && !HasOverflowed;
    }

    /// <summary>Takes a decimal number, or a hexadecimal one that begins with <c>0x</c>.</summary>
    public bool TryTakeNumber(out ulong value) => _rest.StartsWith("0x"u8) ? TryTakeHex(out value) : TryTakeDecimal(out value);

    /// <summary>Takes letters and underscores; empty if none comes next.</summary>
    public ReadOnlySpan<byte> TakeWord()
    {
        int count = 0;
        while (count < _rest.Length && (char.IsAsciiLetter((char)_rest[count]) || _rest[count] == '_')) count++;
        ReadOnlySpan<byte> word = _rest[..count];
        _rest = _rest[count..];
        return word;
    }

    /// <summary>True at the end, at a blank and at a comma.</summary>
    public readonly bool IsAtFieldEnd => _rest.IsEmpty || _rest[0] is (byte)' ' or (byte)'\t' or (byte)',';

    /// <summary>Takes letters, digits and . _ - / :; empty if none comes next.</summary>
    public ReadOnlySpan<byte> TakeName()
    {
        int count = 0;
        while (count < _rest.Length && (char.IsAsciiLetterOrDigit((char)_rest[count]) || "._-/:"u8.Contains(_rest[count]))) count++;
        ReadOnlySpan<byte> name = _rest[..count];
        _rest = _rest[count..];
        return name;
    }

    /// <summary>Explains a line that could not be read, and where.</summary>
    public readonly string Explain(string expected, out int place)
    {
        place = Place;
        return HasOverflowed ? "a number has more than 64 bits" : expected;
    }

    private static uint DigitOf(byte digit) => digit <= '9' ? digit - (uint)'0' : (digit | 0x20u) - 'a' + 10;
}
