using System.Globalization;

namespace Paging.Testing.World;

/// <summary>A line of this process's own <c>/proc/self/maps</c>.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address after the last one.</param>
/// <param name="IsReadable">True with the right to read.</param>
/// <param name="IsWritable">True with the right to write.</param>
/// <param name="Offset">The offset in the file, in bytes.</param>
/// <param name="IsOfFile">False for anonymous memory.</param>
internal readonly record struct HostMapping(ulong Start, ulong End, bool IsReadable, bool IsWritable, ulong Offset, bool IsOfFile)
{
    /// <summary>Reads the lines of the mappings in some range that can be read.</summary>
    public static HostMapping[] ReadAll(Func<ulong, bool> isWanted) =>
        [.. File.ReadLines("/proc/self/maps").Where(line => isWanted(StartOf(line))).Select(Parse).Where(static one => one.IsReadable)];

    private static ulong StartOf(string line) => Hex(line.AsSpan(0, line.IndexOf('-', StringComparison.Ordinal)));

    // 7f00-7f10 rw-s 00001000 00:01 1034   /memfd:paging-ram (deleted)
    private static HostMapping Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int dash = words[0].IndexOf('-', StringComparison.Ordinal);
        return new(Hex(words[0].AsSpan(0, dash)), Hex(words[0].AsSpan(dash + 1)), words[1][0] == 'r', words[1][1] == 'w', Hex(words[2]),
            words.Length > 5 && words[5].StartsWith("/memfd:", StringComparison.Ordinal));
    }

    private static ulong Hex(ReadOnlySpan<char> text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
