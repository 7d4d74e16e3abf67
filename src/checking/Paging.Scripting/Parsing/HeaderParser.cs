using System.Collections.Immutable;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>Reads the line <c>process(layout=flexible, task_size=0xc0000000, …) = 0</c>.</summary>
internal static class HeaderParser
{
    private const uint TaskSize = 0xC000_0000;
    private const int RequiredCount = 6;
    private static readonly ImmutableArray<string> Keys =
        ["layout", "task_size", "mmap_base", "brk", "stack_limit", "reserved", "huge", "surplus", "thp", "lowest"];

    /// <summary>True for a line that means to be a header.</summary>
    public static bool IsHeader(ReadOnlySpan<char> line) =>
        line.StartsWith(ScenarioHeader.Name) && line[ScenarioHeader.Name.Length..].TrimStart().StartsWith('(');

    /// <summary>Reads a trimmed line for which <see cref="IsHeader"/> holds.</summary>
    public static ScenarioHeader Parse(ReadOnlySpan<char> line, ScenarioPlace place)
    {
        int open = line.IndexOf('(');
        int close = line.IndexOf(')');
        if (close < 0) throw place.Error("the header is not closed by ')'");
        ReadOnlySpan<char> result = line[(close + 1)..].TrimStart();
        if (!result.IsEmpty && (result[0] != '=' || result[1..].Trim() is not "0"))
            throw place.Error($"'= 0' expected after the header, found {ScenarioPlace.Excerpt(result)}");
        return Validate(ParseValues(line[(open + 1)..close], place), place);
    }

    private static ScenarioHeader ParseValues(ReadOnlySpan<char> pairs, ScenarioPlace place)
    {
        Span<ulong> values = stackalloc ulong[Keys.Length];
        values.Clear();
        int seen = 0;
        foreach (Range range in pairs.Split(','))
        {
            ReadOnlySpan<char> pair = pairs[range].Trim();
            int equals = pair.IndexOf('=');
            if (equals < 0) throw place.Error($"key=value expected in the header, found {ScenarioPlace.Excerpt(pair)}");
            ReadOnlySpan<char> key = pair[..equals].TrimEnd();
            int index = IndexOf(key);
            if (index < 0) throw place.Error($"the header has no key {ScenarioPlace.Excerpt(key)}");
            if ((seen & (1 << index)) != 0) throw place.Error($"the header has {Keys[index]} twice");
            seen |= 1 << index;
            values[index] = ParseValue(pair[(equals + 1)..].TrimStart(), index, place);
        }
        for (int index = 0; index < RequiredCount; index++)
            if ((seen & (1 << index)) == 0) throw place.Error($"the header lacks {Keys[index]}");
        if (values[7] != 0 && (seen & (1 << 6)) == 0) throw place.Error("the header has surplus, but no huge");
        return new((LayoutKind)values[0], new((uint)values[1]), new((uint)values[2]), new((uint)values[3]), values[4], new((uint)values[5]))
        {
            HugePages = (seen & (1 << 6)) == 0 ? null : (long)values[6],
            SurplusHugePages = (long)values[7],
            HasTransparentPages = (seen & (1 << 8)) != 0,
            Lowest = (seen & (1 << 9)) == 0 ? null : new((uint)values[9]),
        };
    }

    private static int IndexOf(ReadOnlySpan<char> key)
    {
        for (int index = 0; index < Keys.Length; index++)
            if (key.SequenceEqual(Keys[index])) return index;
        return -1;
    }

    private static ulong ParseValue(ReadOnlySpan<char> text, int index, ScenarioPlace place)
    {
        string key = Keys[index];
        if (key is "layout")
        {
            return text switch
            {
                "flexible" => (ulong)LayoutKind.Flexible,
                "classic" => (ulong)LayoutKind.Classic,
                _ => throw place.Error($"layout is flexible or classic, not {ScenarioPlace.Excerpt(text)}"),
            };
        }
        if (key is "thp") return text is "madvise" ? 1ul : throw place.Error($"thp is madvise, not {ScenarioPlace.Excerpt(text)}");
        if (key is "huge" or "surplus") return (ulong)ArgumentParser.ParseNumber(text, ArgumentForm.Of(ArgumentKind.Count), place);
        if (key is "stack_limit") return (ulong)ArgumentParser.ParseNumber(text, ArgumentForm.Of(ArgumentKind.LimitValue), place);
        return (ulong)ArgumentParser.ParseNumber(text, ArgumentForm.Of(ArgumentKind.Address), place);
    }

    private static ScenarioHeader Validate(ScenarioHeader header, ScenarioPlace place)
    {
        if (header.Lowest is null && header.TaskSize.Value != TaskSize)
            throw place.Error($"task_size is always 0x{TaskSize:x8} without lowest");
        if (!header.TaskSize.IsPageAligned) throw place.Error("task_size is page-aligned");
        if (header.Lowest is { } lowest && (!lowest.IsPageAligned || lowest >= header.Reserved))
            throw place.Error("lowest is page-aligned and below reserved");
        if (!header.MmapBase.IsPageAligned || header.MmapBase > header.TaskSize)
            throw place.Error("mmap_base is page-aligned and not above task_size");
        if (!header.Reserved.IsPageAligned || header.Reserved >= header.TaskSize)
            throw place.Error("reserved is page-aligned and below task_size");
        if (!header.Break.IsPageAligned || header.Break > header.Reserved) throw place.Error("brk is page-aligned and not above reserved");
        return header;
    }
}
