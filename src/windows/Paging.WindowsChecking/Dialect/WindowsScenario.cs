using System.Collections.Immutable;
using Paging.Native;

namespace Paging.WindowsChecking.Dialect;

/// <summary>A line of a Windows scenario that is a call.</summary>
/// <param name="Number">The line in the file, from 1.</param>
/// <param name="Text">The call as it was written.</param>
/// <param name="Call">The call.</param>
/// <param name="Expected">The result behind it; a block with its rows and braces; empty if there is none.</param>
public sealed record WindowsLine(int Number, string Text, WindowsCall Call, string Expected);

/// <summary>A scenario of calls of a 32-bit Windows program. docs/WINDOWS-DIALECT.md describes the language.</summary>
/// <param name="FileName">The file as it was named; messages begin with it.</param>
/// <param name="Arena">The pages that allocations may take.</param>
/// <param name="Lines">The calls.</param>
/// <param name="Comments">The comments of the file, each in front of the call with that index.</param>
public sealed record WindowsScenario(
    string FileName, PageRange Arena, ImmutableArray<WindowsLine> Lines, ImmutableArray<(int Before, string Text)> Comments)
{
    /// <summary>The arena of the recordings.</summary>
    public static PageRange DefaultArena => PageRange.Between(new(0x20000), new(0x28000));

    /// <summary>The header line of the file.</summary>
    public string Header => $"process(arena=0x{Arena.First.Address.Value:x8}-0x{Arena.End.Address.Value:x8}) = 0";

    /// <summary>Makes a scenario of calls without results.</summary>
    public static WindowsScenario Of(string fileName, IEnumerable<WindowsCall> calls)
    {
        ImmutableArray<WindowsLine> lines = [.. calls.Select(static (call, index) =>
            new WindowsLine(index + 2, call.ToString(), call, ""))];
        return new(fileName, DefaultArena, lines, []);
    }

    private const int HeaderMax = 1 << 16;    // characters of comments before the header, and the header

    /// <summary>
    /// Returns true for a file whose header names an arena: it is a scenario of Windows. A file that is none gives false.
    /// </summary>
    public static bool IsOne(string path)
    {
        if (!File.Exists(path)) return false;
        using StreamReader reader = new(path);
        char[] start = new char[HeaderMax];
        ReadOnlySpan<char> read = start.AsSpan(0, reader.ReadBlock(start));    // a file may be one line of any length
        foreach (ReadOnlySpan<char> line in read.EnumerateLines())
        {
            ReadOnlySpan<char> text = line.Trim();
            if (text.IsEmpty || text[0] == '#') continue;
            return text.StartsWith("process") && text.Contains("arena", StringComparison.Ordinal);
        }

        return false;
    }
}
