using System.Text;
using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.BytesImports;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of string.h and wchar.h on texts that a zero ends.</summary>
internal static class TextImports
{
    public static ImportedCall[] All { get; } =
    [
        Of("strlen", static call => (uint)call.Text(call[0]).Length),
        Of("strnlen", static call => (uint)call.Text(call[0], call[1]).Length),
        Of("strcpy", static call => Put(call, call[0], call.Text(call[1]))),
        Of("strncpy", static call => Put(call)),
        Of("strcat", static call => Append(call, uint.MaxValue)),
        Of("strncat", static call => Append(call, call[2])),
        Of("strcmp", static call => Compare(call, uint.MaxValue, ignoresCase: false)),
        Of("strcoll", static call => Compare(call, uint.MaxValue, ignoresCase: false)),
        Of("strncmp", static call => Compare(call, call[2], ignoresCase: false)),
        Of("_stricmp", static call => Compare(call, uint.MaxValue, ignoresCase: true)),
        Of("_strcmpi", static call => Compare(call, uint.MaxValue, ignoresCase: true)),
        Of("_strnicmp", static call => Compare(call, call[2], ignoresCase: true)),
        Of("strchr", static call => Find(call, static (text, letter) => text.IndexOf(letter))),
        Of("strrchr", static call => Find(call, static (text, letter) => text.LastIndexOf(letter))),
        Of("strstr", static call => Place(call, call.Text(call[0]).AsSpan().IndexOf(call.Text(call[1])))),
        Of("strpbrk", static call => Place(call, call.Text(call[0]).AsSpan().IndexOfAny(call.Text(call[1])))),
        Of("strcspn", static call => Span(call.Text(call[0]), call.Text(call[1]), isIn: false)),
        Of("strspn", static call => Span(call.Text(call[0]), call.Text(call[1]), isIn: true)),
        Of("strtok", static call => Token(call)),
        Of("_strlwr", static call => Put(call, call[0], Lower(call.Text(call[0])))),
        Of("_strupr", static call => Put(call, call[0], Upper(call.Text(call[0])))),
        Of("_strrev", static call =>
        {
            byte[] text = call.Text(call[0]);
            Array.Reverse(text);
            return Put(call, call[0], text);
        }),
        Of("strerror", static call => Put(call, call.Runtime.Scratch, Encoding.Latin1.GetBytes(ErrorText(call[0])))),
        Of("wcslen", static call => (uint)call.Wide(call[0]).Length),
        Of("wcscpy", static call => PutWide(call, call[0], call.Wide(call[1]))),
        Of("wcscat", static call => PutWide(call, call[0], call.Wide(call[0]) + call.Wide(call[1]))),
        Of("wcscmp", static call => Sign(string.CompareOrdinal(call.Wide(call[0]), call.Wide(call[1])))),
        Of("wcsncmp", static call => Sign(string.CompareOrdinal(
            call.Wide(call[0]), 0, call.Wide(call[1]), 0, (int)Math.Min(call[2], int.MaxValue)))),
        Of("_wcsicmp", static call => Sign(string.Compare(call.Wide(call[0]), call.Wide(call[1]), StringComparison.OrdinalIgnoreCase))),
        Of("wcsrchr", static call => WidePlace(call, call.Wide(call[0]).LastIndexOf((char)call[1]))),
        Of("wcschr", static call => WidePlace(call, call.Wide(call[0]).IndexOf((char)call[1], StringComparison.Ordinal))),
        Of("wcsstr", static call => WidePlace(call, call.Wide(call[0]).IndexOf(call.Wide(call[1]), StringComparison.Ordinal))),
    ];

    /// <summary>A text with small letters for the capitals of ASCII.</summary>
    public static byte[] Lower(byte[] text) => Encoding.Latin1.GetBytes(Ascii(text, static one => char.ToLowerInvariant(one)));

    private static byte[] Upper(byte[] text) => Encoding.Latin1.GetBytes(Ascii(text, static one => char.ToUpperInvariant(one)));

    private static char[] Ascii(byte[] text, Func<char, char> change) =>
        [.. text.Select(one => one < 128 ? change((char)one) : (char)one)];

    private static uint? Put(RuntimeCall call, uint to, byte[] text)
    {
        call.PutText(to, text);
        return to;
    }

    private static uint? PutWide(RuntimeCall call, uint to, string text)
    {
        call.PutWide(to, text);
        return to;
    }

    /// <summary>strncpy: exactly that many bytes, with zeros behind the text, and without one if the text is that long.</summary>
    private static uint? Put(RuntimeCall call)
    {
        (uint to, uint length) = (call[0], call[2]);
        byte[] text = call.Text(call[1], length);
        call.Put(to, text);
        call.Fill(to + (uint)text.Length, 0, length - (uint)text.Length);
        return to;
    }

    private static uint? Append(RuntimeCall call, uint lengthMax)
    {
        uint to = call[0];
        call.PutText(to + (uint)call.Text(to).Length, call.Text(call[1], lengthMax));
        return to;
    }

    private static uint? Compare(RuntimeCall call, uint lengthMax, bool ignoresCase)
    {
        byte[] left = call.Text(call[0], lengthMax), right = call.Text(call[1], lengthMax);
        if (ignoresCase) (left, right) = (Lower(left), Lower(right));
        return Sign(left.AsSpan().SequenceCompareTo(right));
    }

    private static uint? Find(RuntimeCall call, Func<ReadOnlyMemory<byte>, byte, int> find)
    {
        byte[] text = [.. call.Text(call[0]), 0];    // its end can be searched for
        return Place(call, find(text, (byte)call[1]));
    }

    private static int IndexOf(this ReadOnlyMemory<byte> text, byte letter) => text.Span.IndexOf(letter);

    private static int LastIndexOf(this ReadOnlyMemory<byte> text, byte letter) => text.Span.LastIndexOf(letter);

    private static uint? Place(RuntimeCall call, int index) => index < 0 ? 0 : call[0] + (uint)index;

    private static uint? WidePlace(RuntimeCall call, int index) => index < 0 ? 0 : call[0] + ((uint)index * 2);

    private static uint? Span(ReadOnlySpan<byte> text, ReadOnlySpan<byte> letters, bool isIn)
    {
        int index = isIn ? text.IndexOfAnyExcept(letters) : text.IndexOfAny(letters);
        return (uint)(index < 0 ? text.Length : index);
    }

    /// <summary>strtok: cuts the text at the end of a word, and notes in the thread the place at which the next one may begin.</summary>
    private static uint? Token(RuntimeCall call)
    {
        uint from = call[0] != 0 ? call[0] : call.Thread.TokenPlace;
        if (from == 0) return 0;
        byte[] text = call.Text(from), letters = call.Text(call[1]);
        int begin = text.AsSpan().IndexOfAnyExcept(letters);
        if (begin < 0)
        {
            call.Thread.TokenPlace = 0;
            return 0;
        }

        int length = text.AsSpan(begin).IndexOfAny(letters);
        call.Thread.TokenPlace = length < 0 ? 0 : from + (uint)(begin + length) + 1;    // behind the zero that it is about to write
        if (length >= 0) call.Put(from + (uint)(begin + length), [0]);
        return from + (uint)begin;
    }

    /// <summary>The text of an error, as of strerror.</summary>
    public static string ErrorText(uint error) => (RuntimeError)error switch
    {
        0 => "No error",
        RuntimeError.NoEntry => "No such file or directory",
        RuntimeError.BadFile => "Bad file descriptor",
        RuntimeError.NoMemory => "Not enough space",
        RuntimeError.Access => "Permission denied",
        RuntimeError.Exists => "File exists",
        RuntimeError.Invalid => "Invalid argument",
        RuntimeError.TooManyFiles => "Too many open files",
        RuntimeError.Domain => "Domain error",
        RuntimeError.Range => "Result too large",
        _ => "Unknown error",
    };
}
