using System.Globalization;
using Paging.Native;

namespace Paging.Programs.Tests;

/// <summary>The binaries that Images/build.sh made, and their symbols and segments from nm and objdump.</summary>
internal static class Images
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Images");

    public static string PathOf(string name) => Path.Combine(Folder, name);

    public static byte[] BytesOf(string name) => File.ReadAllBytes(PathOf(name));

    /// <summary>The address of a symbol, from nm.</summary>
    public static VirtualAddress AddressOf(string image, string symbol) =>
        new(Hex(Rows("symbols.txt").Single(row => Is(row[0], image) && Is(row[3], symbol))[1]));

    /// <summary>All that nm prints for an image: name and address.</summary>
    public static IEnumerable<(string Name, VirtualAddress Address)> SymbolsOf(string image) =>
        Rows("symbols.txt").Where(row => Is(row[0], image)).Select(row => (row[3], new VirtualAddress(Hex(row[1]))));

    /// <summary>The segments to load, from objdump -p: address and size in memory, rights.</summary>
    public static IEnumerable<(uint Address, uint ByteLength, string Rights)> SegmentsOf(string image) =>
        Rows("segments.txt").Where(row => Is(row[0], image) && row[1] is "LOAD").Select(row => (Hex(row[3]), Hex(row[5]), row[6]));

    private static bool Is(string word, string other) => string.Equals(word, other, StringComparison.Ordinal);

    private static uint Hex(string text) =>
        uint.Parse(text.AsSpan(text.IndexOf('x') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static IEnumerable<string[]> Rows(string file) => File.ReadLines(PathOf(file)).Select(static line => line.Split(' '));
}
