using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using Paging.Native;
using Paging.Scripting.Parsing;

namespace Paging.WindowsChecking.Dialect;

/// <summary>Reads Windows scenarios from bytes that may be hostile.</summary>
/// <remarks><see cref="ScenarioFormatException"/> is the only way in which contents fail; a stream's own exceptions pass through.</remarks>
public static class WindowsParser
{
    private const int BlockLengthMax = 1 << 24, ArgumentCountMax = 10, ProcessCountMax = 1000;

    private static readonly FrozenDictionary<string, WindowsCallName> Names =
        Enum.GetValues<WindowsCallName>().ToFrozenDictionary(WindowsCall.Spell, StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    public static WindowsScenario ParseFile(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        return Parse(stream, path);
    }

    /// <summary>Reads a text.</summary>
    public static WindowsScenario ParseText(string text, string fileName = "scenario")
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(text));
        return Parse(stream, fileName);
    }

    /// <summary>Reads a stream to its end.</summary>
    public static WindowsScenario Parse(Stream stream, string fileName)
    {
        ScenarioLineReader reader = new(stream, fileName);
        ImmutableArray<WindowsLine>.Builder lines = ImmutableArray.CreateBuilder<WindowsLine>();
        ImmutableArray<(int, string)>.Builder comments = ImmutableArray.CreateBuilder<(int, string)>();
        PageRange? arena = null;
        while (reader.ReadLine() is { } text)
        {
            string trimmed = text.Trim();
            if (trimmed.Length == 0) continue;
            if (trimmed[0] == '#') comments.Add((lines.Count, trimmed));
            else if (arena is null) arena = ParseHeader(trimmed, reader.Place);
            else lines.Add(ParseCall(trimmed, reader));
        }

        return new(fileName, arena ?? throw reader.Place.Error("no process(arena=…) header"), lines.DrainToImmutable(),
            comments.DrainToImmutable());
    }

    private static PageRange ParseHeader(string text, ScenarioPlace place)
    {
        const string start = "process(arena=";
        int close = text.IndexOf(')', StringComparison.Ordinal);
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (!text.StartsWith(start, StringComparison.Ordinal) || dash < 0 || close < dash)
            throw place.Error($"the header process(arena=FIRST-END) expected, found {ScenarioPlace.Excerpt(text)}");
        long first = ParseTerm(text[start.Length..dash], place), end = ParseTerm(text[(dash + 1)..close], place);
        if (first < 0x10000 || end > 0xBFFE_0000 || first >= end || (first & 0xFFFF) != 0 || (end & 0xFFFF) != 0)
            throw place.Error("an arena has whole granules of 64 KB between 0x10000 and 0x7ffe0000, or 0xbffe0000 under /3GB");
        return PageRange.Between(new((uint)(first >> 12)), new((uint)(end >> 12)));
    }

    private static WindowsLine ParseCall(string text, ScenarioLineReader reader)
    {
        ScenarioPlace place = reader.Place;
        int process = 0;
        string rest = text;
        if (rest[0] == '[')
        {
            int end = rest.IndexOf(']', StringComparison.Ordinal);
            bool isNumber = end > 0 && int.TryParse(rest.AsSpan(1, end - 1), out process) && process is >= 0 and < ProcessCountMax;
            if (!isNumber) throw place.Error($"a process number expected, found {ScenarioPlace.Excerpt(text)}");
            rest = rest[(end + 1)..].TrimStart();
        }

        int open = rest.IndexOf('(', StringComparison.Ordinal);
        int close = open < 0 ? -1 : FindClose(rest, open);
        if (close < 0) throw place.Error($"a call expected, found {ScenarioPlace.Excerpt(text)}");
        string spelled = rest[..open].Trim();
        if (!Names.TryGetValue(spelled, out WindowsCallName name))
            throw place.Error($"no call is named {ScenarioPlace.Excerpt(spelled)}");
        WindowsCall call = ParseArguments(process, name, rest[(open + 1)..close], place);
        string result = rest[(close + 1)..].Trim();
        if (result.Length != 0 && result[0] != '=')
            throw place.Error($"'=' expected behind the call, found {ScenarioPlace.Excerpt(result)}");
        result = result.TrimStart('=').Trim();
        return new(place.Line, call.ToString(), call, result is "{" ? ReadBlock(reader, place) : result);
    }

    /// <summary>The closing parenthesis that is not within quotation marks; -1 if there is none.</summary>
    private static int FindClose(string text, int from)
    {
        bool isQuoted = false;
        for (int i = from; i < text.Length; i++)
        {
            if (text[i] == '"') isQuoted = !isQuoted;
            if (text[i] == ')' && !isQuoted) return i;
        }

        return -1;
    }

    private static WindowsCall ParseArguments(int process, WindowsCallName name, string text, ScenarioPlace place)
    {
        ImmutableArray<long>.Builder numbers = ImmutableArray.CreateBuilder<long>();
        string? named = null;
        foreach (string part in Split(text))
        {
            if (numbers.Count > ArgumentCountMax) throw place.Error("too many arguments");
            if (part.Length >= 2 && part[0] == '"' && part[^1] == '"') named = part[1..^1];
            else numbers.Add(ParseNumber(part, place));
        }

        return new(process, name, numbers.DrainToImmutable(), named);
    }

    private static IEnumerable<string> Split(string text)
    {
        int start = 0;
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"') isQuoted = !isQuoted;
            if (text[i] != ',' || isQuoted) continue;
            yield return text[start..i].Trim();
            start = i + 1;
        }

        if (text.AsSpan(start).Trim().Length != 0) yield return text[start..].Trim();
    }

    private static long ParseNumber(string text, ScenarioPlace place)
    {
        long value = 0;
        foreach (string term in text.Split('|')) value |= ParseTerm(term, place);
        return value;
    }

    private static long ParseTerm(string text, ScenarioPlace place)
    {
        string term = text.Trim();
        if (WindowsConstants.TryFind(term, out long named)) return named;
        bool isHandle = term.Length > 1 && term[0] is 's' or 'f';
        ReadOnlySpan<char> digits = isHandle ? term.AsSpan(1) : term;
        NumberOutcome outcome = NumberText.Read(digits, out ulong magnitude, out bool isNegative);
        if (outcome != NumberOutcome.Read || magnitude > long.MaxValue || (isHandle && (isNegative || magnitude > int.MaxValue)))
            throw place.Error($"a number or the name of a constant expected, found {ScenarioPlace.Excerpt(term)}");
        long value = isNegative ? -(long)magnitude : (long)magnitude;
        return isHandle && term[0] == 'f' ? value | WindowsCall.FileMark : value;
    }

    private static string ReadBlock(ScenarioLineReader reader, ScenarioPlace start)
    {
        StringBuilder rows = new("{\n");
        while (reader.ReadLine() is { } text)
        {
            string row = text.Trim();
            if (row is "}") return rows.Append('}').ToString();
            rows.Append(row).Append('\n');
            if (rows.Length > BlockLengthMax) throw start.Error($"block too long (over {BlockLengthMax:N0} characters)");
        }

        throw start.Error("the block is not closed by '}': the file ends inside it");
    }
}
