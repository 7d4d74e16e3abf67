using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>Reads the text after <c>=</c>. A result that the call cannot have is an error of the file.</summary>
internal static class ResultParser
{
    private const string CrcPrefix = "crc32=";
    private static readonly SearchValues<char> HexadecimalDigits = SearchValues.Create("0123456789abcdef");
    private static readonly ImmutableArray<string> VmKeys = ["size", "data", "stack", "locked"];
    private static readonly ImmutableArray<string> PoolKeys = ["total", "free", "rsvd", "surplus"];
    private static readonly ImmutableArray<string> UsageKeys = ["anon", "hugetlb"];

    /// <summary>Reads a result of one line.</summary>
    public static ScriptResult Parse(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place)
    {
        if (text.IsEmpty) throw place.Error("nothing after '='");
        if (signature.Failure == CallFailure.Error && text.StartsWith("-1")) return Error(text, place);
        if (signature.Failure == CallFailure.Signal && text.StartsWith("SIG")) return Signal(text, place);
        return signature.Success switch
        {
            CallResultKind.Number => ScriptResult.Number((long)Number(text, "a number", long.MaxValue, signature, place)),
            CallResultKind.Address => ScriptResult.Address(new((uint)Number(text, "an address", uint.MaxValue, signature, place))),
            CallResultKind.Byte => ScriptResult.Byte((byte)Number(text, "a byte", byte.MaxValue, signature, place)),
            CallResultKind.Word => ScriptResult.Word((uint)Number(text, "a word", uint.MaxValue, signature, place)),
            CallResultKind.CountAndCrc => CountAndCrc(text, signature, place),
            CallResultKind.Crc => ScriptResult.Crc(Crc(text, signature, place)),
            CallResultKind.Quoted => Quoted(text, signature, place),
            CallResultKind.Line => Figures(text, signature, place),
            _ => throw NoResultOf(text, signature, "a block: '{', a line for each row, '}'", place),
        };
    }

    /// <summary>True for a row of <c>maps</c>: <c>20000000-20002000 rw-p 00000000 A</c>.</summary>
    public static bool IsRow(ReadOnlySpan<char> row)
    {
        if (!TakeHexadecimal(ref row) || !Take(ref row, '-') || !TakeHexadecimal(ref row) || !Take(ref row, ' ')) return false;
        if (row.Length < 4 || row[0] is not ('r' or '-') || row[1] is not ('w' or '-') || row[2] is not ('x' or '-')
            || row[3] is not ('p' or 's')) return false;
        row = row[4..];
        if (!Take(ref row, ' ') || !TakeHexadecimal(ref row)) return false;
        return row.IsEmpty || (row.Length > 1 && row[0] == ' ');
    }

    private static ScriptResult Error(ReadOnlySpan<char> text, ScenarioPlace place)
    {
        ReadOnlySpan<char> name = text["-1".Length..];
        if (name.StartsWith(' ') && name.TrimStart() is ['E', ..] && Enum.TryParse(name.TrimStart(), out Errno error)
            && Enum.IsDefined(error))
            return ScriptResult.Error(error);
        throw place.Error($"'-1' and the name of an error expected, found {ScenarioPlace.Excerpt(text)}");
    }

    private static ScriptResult Signal(ReadOnlySpan<char> text, ScenarioPlace place)
    {
        foreach (MemoryFaultKind kind in (ReadOnlySpan<MemoryFaultKind>)[MemoryFaultKind.NotMapped, MemoryFaultKind.NotAllowed,
            MemoryFaultKind.BusError])
        {
            string name = ScenarioPrinter.SignalName(kind);
            if (!text.StartsWith(name) || !text[name.Length..].StartsWith(' ')) continue;
            if (NumberText.Read(text[name.Length..].TrimStart(), out ulong address, out bool isNegative) != NumberOutcome.Read || isNegative
                || address > uint.MaxValue) break;
            return ScriptResult.Signal(new(kind, new((uint)address)));
        }
        throw place.Error($"a signal, its code and the faulting address expected, found {ScenarioPlace.Excerpt(text)}");
    }

    private static ulong Number(ReadOnlySpan<char> text, string noun, ulong max, CallSignature signature, ScenarioPlace place)
    {
        NumberOutcome outcome = NumberText.Read(text, out ulong value, out bool isNegative);
        if (outcome == NumberOutcome.TooLarge) throw place.Error($"{ScenarioPlace.Excerpt(text)} is beyond 64 bits");
        if (outcome != NumberOutcome.Read || isNegative) throw NoResultOf(text, signature, noun, place);
        return value <= max ? value : throw place.Error($"{ScenarioPlace.Excerpt(text)} is out of range for {noun}");
    }

    private static ScriptResult CountAndCrc(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place)
    {
        int space = text.IndexOf(' ');
        if (space < 0) throw NoResultOf(text, signature, "a count and a checksum", place);
        ulong count = Number(text[..space], "a count", uint.MaxValue, signature, place);
        return ScriptResult.CountAndCrc((long)count, Crc(text[space..].TrimStart(), signature, place));
    }

    private static uint Crc(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place) => text.StartsWith(CrcPrefix)
        ? (uint)Number(text[CrcPrefix.Length..], "a checksum", uint.MaxValue, signature, place)
        : throw NoResultOf(text, signature, "crc32=0x…", place);

    private static ScriptResult Quoted(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place)
    {
        string alphabet = signature.Alphabet;
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"' && !text[1..^1].ContainsAnyExcept(alphabet))
            return ScriptResult.Quoted(text[1..^1].ToString());
        string letters = $"'{string.Join("', '", alphabet[..^1].AsEnumerable())}' and '{alphabet[^1]}'";
        throw NoResultOf(text, signature, $"a string of {letters} between quotation marks", place);
    }

    /// <summary>Reads <c>size=19 data=11 stack=0 locked=0</c> and formats it again, so that spelling does not matter.</summary>
    /// <remarks>A count of the pool may be negative: rsvd is one too small while a child holds a page of the owner's.</remarks>
    private static ScriptResult Figures(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place)
    {
        ImmutableArray<string> keys = signature.Name switch
        {
            CallName.Pool or CallName.SetPool => PoolKeys,
            CallName.Usage => UsageKeys,
            _ => VmKeys,
        };
        Span<long> values = stackalloc long[keys.Length];
        int index = 0;
        foreach (Range range in text.Split(' '))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.IsEmpty) continue;
            if (index == keys.Length || !part.StartsWith(keys[index]) || !part[keys[index].Length..].StartsWith('='))
                index = keys.Length + 1;
            if (index > keys.Length) break;
            ReadOnlySpan<char> digits = part[(keys[index].Length + 1)..];
            bool isNegative = digits.StartsWith('-') && keys == PoolKeys;
            long magnitude = (long)Number(digits[(isNegative ? 1 : 0)..], "a number of pages", uint.MaxValue, signature, place);
            values[index++] = isNegative ? -magnitude : magnitude;
        }
        if (index != keys.Length) throw NoResultOf(text, signature, string.Join(' ', keys.Select(static key => key + "=N")), place);
        StringBuilder line = new();
        for (int key = 0; key < keys.Length; key++)
            line.Append(CultureInfo.InvariantCulture, $"{(key == 0 ? "" : " ")}{keys[key]}={values[key]}");
        return ScriptResult.Line(line.ToString());
    }

    private static ScenarioFormatException NoResultOf(ReadOnlySpan<char> text, CallSignature signature, string expected,
        ScenarioPlace place)
    {
        string failure = signature.Failure switch
        {
            CallFailure.Error => ", or -1 and the name of an error",
            CallFailure.Signal => ", or a signal",
            _ => "",
        };
        return place.Error($"{signature.Spelling} gives {expected}{failure}; found {ScenarioPlace.Excerpt(text)}");
    }

    private static bool Take(ref ReadOnlySpan<char> text, char character)
    {
        if (!text.StartsWith(character)) return false;
        text = text[1..];
        return true;
    }

    private static bool TakeHexadecimal(ref ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyExcept(HexadecimalDigits);
        if (length < 0) length = text.Length;
        text = text[length..];
        return length is >= 8 and <= 16;
    }
}
