using System.Globalization;
using Paging.Scripting.Calls;

namespace Paging.Testing.Conformance;

/// <summary>The exactness required of an implementation.</summary>
public enum ConformanceLevel
{
    /// <summary><c>maps</c> is compared after joining neighbours that its rows cannot tell apart, as <c>areas</c> does.</summary>
    Relaxed,
    /// <summary>Everything is compared as it stands.</summary>
    Exact,
}

/// <summary>Compares results at a level.</summary>
internal static class ConformanceLevels
{
    /// <summary>True if the actual result agrees at this level.</summary>
    public static bool Accepts(this ConformanceLevel level, in ScenarioCall call, in ScriptResult expected, in ScriptResult actual)
    {
        if (expected.Agrees(actual)) return true;
        if (level == ConformanceLevel.Exact || call.Name != CallName.Maps) return false;
        return expected.Kind == CallResultKind.Block && actual.Kind == CallResultKind.Block
            && string.Equals(Join(expected.Text ?? ""), Join(actual.Text ?? ""), StringComparison.Ordinal);
    }

    /// <summary>Joins rows that continue each other: adjacent, the same rights and name, and for files a continuing offset.</summary>
    private static string Join(string rows)
    {
        MapsRow?[] parsed = [.. rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        return parsed.Contains(null) ? rows : MapsRow.Format(parsed.Select(static row => row!.Value), joined: true);
    }

    private static MapsRow? Parse(string text)
    {
        string[] words = text.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3 || words[0].Split('-') is not [string start, string end]) return null;
        string name = words.Length > 3 ? words[3] : "";
        return TryHexadecimal(start, out ulong first) && TryHexadecimal(end, out ulong last) && TryHexadecimal(words[2], out ulong offset)
            ? new(first, last, words[1], offset, name, Object: name, HasOffset: name.Length != 0)
            : null;
    }

    private static bool TryHexadecimal(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
