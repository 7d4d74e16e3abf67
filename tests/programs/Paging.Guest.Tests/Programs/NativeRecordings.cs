using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Paging.Guest.Tests;

/// <summary>The outcomes of programs under a real Linux, as tools/native/record.sh recorded them in a machine of QEMU's.</summary>
/// <remarks>
/// A host that starts no 32-bit program compares guests with these; <see cref="NativeDifference"/> has what they do not know. A recording's
/// first line names the kernel, its second what the program was made from; then follow the different outcomes that were seen, each as its
/// status, the lengths of its output and errors in bytes, and these bytes.
/// </remarks>
internal static partial class NativeRecordings
{
    private const string Tool = "tools/native/record.sh";

    private static readonly string Programs = Path.Combine(BuiltPrograms.RepositoryRoot(), "tests", "programs");

    private static readonly string Folder = Path.Combine(Programs, "native");

    /// <summary>Where the programs to record are collected; null or empty: this run compares.</summary>
    private static readonly string? Collected = Environment.GetEnvironmentVariable("PAGING_COLLECT_NATIVE");

    /// <summary>True if programs are collected for the tool, and not run.</summary>
    public static bool IsCollecting => !string.IsNullOrEmpty(Collected);

    /// <summary>Leaves a program and its arguments to the tool.</summary>
    public static void Collect(string program, string name, string[] arguments)
    {
        string folder = Path.Combine(Collected!, NameOf(name, arguments));
        Directory.CreateDirectory(folder);
        File.Copy(program, Path.Combine(folder, "program"), overwrite: true);
        File.WriteAllText(Path.Combine(folder, "name"), name + "\n");
        File.WriteAllText(Path.Combine(folder, "origin"), OriginOf(program, name, out _) + "\n");
        File.WriteAllText(Path.Combine(folder, "arguments"), "set --" + string.Concat(arguments.Select(static argument =>
            $" '{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'")) + "\n");
    }

    /// <summary>Returns the recorded outcome of a program that a guest's outcome is like, or else one that shows what is not.</summary>
    public static Outcome FindLike(Outcome guest, string program, string name, string[] arguments)
    {
        string recording = NameOf(name, arguments), file = Path.Combine(Folder, recording);
        if (!File.Exists(file)) Assert.Fail($"This host starts no 32-bit program, and {file} is not there: {Tool} records it.");
        (string origin, List<Outcome> outcomes) = Read(file);
        if (!string.Equals(origin, OriginOf(program, name, out bool isOurs), StringComparison.Ordinal))
        {
            if (!isOurs) Assert.Skip($"{file} is of another build of {name}.");
            Assert.Fail($"{file} is of an older source of {name}: {Tool} records it again.");
        }

        outcomes = outcomes.ConvertAll(outcome =>
            outcome with { Output = NativeDifference.Apply(recording, outcome.Output, guest.Output) });
        return outcomes.Find(outcome => outcome == guest) ?? outcomes[0];
    }

    /// <summary>The names of all recordings, and the lines of each.</summary>
    public static IEnumerable<(string Name, string[] Lines)> ReadAll() => Directory.GetFiles(Folder).Select(static file =>
        (Path.GetFileName(file), Read(file).Outcomes.SelectMany(static outcome => outcome.Output.Split('\n')).ToArray()));

    private static (string Origin, List<Outcome> Outcomes) Read(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int at = 0;
        string NextLine()
        {
            int start = at;
            at = Array.IndexOf(bytes, (byte)'\n', at) + 1;
            return Encoding.Latin1.GetString(bytes, start, at - 1 - start);
        }

        string NextText(int length) => Encoding.Latin1.GetString(bytes, (at += length) - length, length);

        Assert.StartsWith("Linux ", NextLine(), StringComparison.Ordinal);
        string origin = NextLine();
        List<Outcome> outcomes = [];
        while (at < bytes.Length)
        {
            int[] numbers = [.. NextLine().Split(' ').Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
            outcomes.Add(new(numbers[0], NextText(numbers[1]), NextText(numbers[2])));
            Assert.Equal("", NextLine());
        }

        Assert.NotEmpty(outcomes);
        return (origin, outcomes);
    }

    // Arguments that are not plain words would make no file's name.
    private static string NameOf(string name, string[] arguments)
    {
        string all = string.Join('-', [Path.GetFileName(name), .. arguments]);
        return PlainName().IsMatch(all) ? all
            : $"{name.Replace('/', '-')}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)))[..12]}";
    }

    // Compilers differ from host to host: what tells one of our programs from another is its source.
    private static string OriginOf(string program, string name, out bool isOurs)
    {
        string sources = Path.Combine(Programs, "sources");
        string[] files = [Path.Combine(sources, name + ".c"), .. Directory.GetFiles(sources, "*.h").Order(StringComparer.Ordinal)];
        isOurs = File.Exists(files[0]);
        byte[] made = isOurs ? [.. files.SelectMany(File.ReadAllBytes)] : File.ReadAllBytes(program);
        return Convert.ToHexStringLower(SHA256.HashData(made));
    }

    [GeneratedRegex("^[a-z0-9-]{1,60}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlainName();
}
