using System.Globalization;

namespace Paging.Fuzz;

/// <summary>A sequence of calls as a file: the world's seed, then a line for each call with the seed of its arguments.</summary>
internal static class ApiScript
{
    public static void Write(string path, ulong seed, IEnumerable<ApiCall> script) => File.WriteAllLines(path,
        script.Select(static call => $"{call.Seed:x16} {call.Member.Name}").Prepend($"{seed:x16}"));

    public static (ulong Seed, List<ApiCall> Script) Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        Dictionary<string, ApiMember> members = new(StringComparer.Ordinal);
        foreach (ApiMember member in ApiSurface.Members) members[member.Name] = member;
        return (Hex(lines[0]), [.. lines.Skip(1).Select(line => new ApiCall(members[line[17..]], Hex(line[..16])))]);
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
