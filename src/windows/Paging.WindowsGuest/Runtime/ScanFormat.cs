namespace Paging.WindowsGuest.Runtime;

//   % * width size conversion        %*5I64d   %[^,]
/// <summary>Reads by a format of scanf: bytes come one by one, and the last may go back.</summary>
/// <remarks>Source: Microsoft, Format specification fields: scanf and wscanf functions.</remarks>
internal sealed class ScanFormat(RuntimeCall call, uint arguments, Func<int> get, Action<byte> putBack)
{
    private const int End = -1, LengthMax = 1 << 16;    // no width: as long as it goes

    private uint _next = arguments;
    private int _count, _read;

    /// <summary>Reads the fields. Returns the number of fields stored; −1 if the text ended before the first.</summary>
    public int Read(ReadOnlySpan<byte> format)
    {
        for (int at = 0; at < format.Length; at++)
        {
            if (IsSpace(format[at])) SkipSpaces();
            else if (format[at] != '%')
            {
                if (!Matches(format[at])) return _count;
            }
            else
            {
                at++;
                bool isKept = true;
                if (at < format.Length && format[at] == '*') (isKept, at) = (false, at + 1);
                int width = 0;
                for (; at < format.Length && char.IsAsciiDigit((char)format[at]); at++)
                    width = Math.Min((width * 10) + format[at] - '0', LengthMax);
                int size = ReadSize(format, ref at);
                if (at == format.Length) return _count;
                if (ReadField(format, ref at, width == 0 ? LengthMax : width, size, isKept) is { } isStored)
                {
                    if (!isStored) return _count;
                    continue;
                }

                return _count == 0 ? End : _count;    // EOF only before the first conversion
            }
        }

        return _count;
    }

    /// <summary>The size of a number in memory: 1, 2, 4 or 8 bytes; −4 after <c>l</c>, with which a float is a double.</summary>
    private static int ReadSize(ReadOnlySpan<byte> format, ref int at)
    {
        ReadOnlySpan<byte> rest = format[at..];
        (int length, int size) = rest.StartsWith("I64"u8) ? (3, 8) : rest.StartsWith("ll"u8) ? (2, 8) : rest.StartsWith("hh"u8) ? (2, 1)
            : rest.StartsWith("h"u8) ? (1, 2) : rest.StartsWith("L"u8) ? (1, 8) : rest.StartsWith("l"u8) ? (1, -4) : (0, 4);
        at += length;
        return size;
    }

    /// <summary>Null: the text has ended.</summary>
    private bool? ReadField(ReadOnlySpan<byte> format, ref int at, int width, int size, bool isKept)
    {
        char conversion = (char)format[at];
        if (conversion is not ('c' or '[' or 'n') && !SkipSpaces()) return null;    // C11 7.21.6.2: these three do not skip
        switch (conversion)
        {
            case 'n':
                if (isKept) Store(BitConverter.GetBytes(_read));    // %n does not count as a field
                return true;
            case '%':
                return Matches((byte)'%');
            case 'c':
                return ReadText(static (_, _) => true, width == LengthMax ? 1 : width, isKept, hasEnd: false, isExact: true);
            case 's':
                return ReadText(static (letter, _) => !IsSpace((byte)letter), width, isKept, hasEnd: true, isExact: false);
            case '[':
                bool[] letters = ReadSet(format, ref at);
                return ReadText((letter, _) => letters[letter], width, isKept, hasEnd: true, isExact: false);
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'p':
                int numberBase = conversion switch { 'i' => 0, 'x' or 'X' or 'p' => 16, 'o' => 8, _ => 10 };
                return ReadNumber(numberBase, width, Math.Abs(size), isKept);
            case 'f' or 'e' or 'g' or 'E' or 'G':
                return ReadFloat(width, isDouble: size is -4 or 8, isKept);
            default:
                return false;
        }
    }

    private bool? ReadText(Func<int, int, bool> isPart, int width, bool isKept, bool hasEnd, bool isExact)
    {
        List<byte> text = Take(isPart, width, out bool isAtEnd);
        if (text.Count == 0 || (isExact && text.Count < width)) return isAtEnd ? null : false;
        if (hasEnd) text.Add(0);
        if (!isKept) return true;
        Store([.. text]);
        _count++;
        return true;
    }

    private bool? ReadNumber(int numberBase, int width, int byteLength, bool isKept)
    {
        List<byte> text = Take(
            (letter, index) => (index == 0 && letter is '-' or '+') || IsDigit(letter, numberBase)
                || (letter is 'x' or 'X' && index is 1 or 2),
            width, out bool isAtEnd);
        byte[] bytes = [.. text];
        bool isUnsigned = byteLength == 8;
        long value = NumeralText.Read(bytes, numberBase, isUnsigned ? long.MinValue : -(long)uint.MaxValue,
            isUnsigned ? long.MaxValue : uint.MaxValue, out int length, out _);
        if (length == 0) return isAtEnd && text.Count == 0 ? null : false;
        if (!isKept) return true;
        Store(BitConverter.GetBytes(value)[..byteLength]);
        _count++;
        return true;
    }

    private bool? ReadFloat(int width, bool isDouble, bool isKept)
    {
        List<byte> text = Take(
            static (letter, _) => letter is '-' or '+' or '.' or 'e' or 'E' || char.IsAsciiDigit((char)letter), width, out bool isAtEnd);
        double value = NumeralText.ReadDouble(text.ToArray(), out int length);
        if (length == 0) return isAtEnd && text.Count == 0 ? null : false;
        if (!isKept) return true;
        Store(isDouble ? BitConverter.GetBytes(value) : BitConverter.GetBytes((float)value));
        _count++;
        return true;
    }

    private List<byte> Take(Func<int, int, bool> isPart, int width, out bool isAtEnd)
    {
        List<byte> text = [];
        isAtEnd = false;
        while (text.Count < width)
        {
            int letter = Next();
            isAtEnd = letter == End;
            if (isAtEnd) break;
            if (!isPart(letter, text.Count))
            {
                Back(letter);
                break;
            }

            text.Add((byte)letter);
        }

        return text;
    }

    /// <summary>%[a-z^]: the letters between the brackets; ^ in front: all others; ] in front is a letter.</summary>
    private static bool[] ReadSet(ReadOnlySpan<byte> format, ref int at)
    {
        bool[] letters = new bool[256];
        at++;
        bool isOthers = at < format.Length && format[at] == '^';
        if (isOthers) at++;
        for (int first = at; at < format.Length && (format[at] != ']' || at == first); at++)
        {
            bool isRange = at + 2 < format.Length && format[at + 1] == '-' && format[at + 2] != ']';
            int end = isRange ? format[at + 2] : format[at];
            for (int letter = format[at]; letter <= end; letter++) letters[letter] = true;
            if (isRange) at += 2;
        }

        if (isOthers)
            for (int i = 0; i < letters.Length; i++) letters[i] = !letters[i];
        return letters;
    }

    private bool Matches(byte letter)
    {
        int found = Next();
        if (found == letter) return true;
        if (found != End) Back(found);
        return false;
    }

    /// <summary>Returns false at the end of the text.</summary>
    private bool SkipSpaces()
    {
        int letter;
        do letter = Next();
        while (letter != End && IsSpace((byte)letter));
        if (letter != End) Back(letter);
        return letter != End;
    }

    private int Next()
    {
        int letter = get();
        if (letter != End) _read++;
        return letter;
    }

    private void Back(int letter)
    {
        putBack((byte)letter);
        _read--;
    }

    private void Store(byte[] bytes)
    {
        call.Put(call.Word(_next), bytes);
        _next += 4;
    }

    private static bool IsSpace(byte letter) => letter is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    private static bool IsDigit(int letter, int numberBase) =>
        numberBase is 0 or 16 ? char.IsAsciiHexDigit((char)letter) : letter >= '0' && letter < '0' + Math.Min(numberBase, 10);
}
