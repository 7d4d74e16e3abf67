using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Paging.Interop.Tests;

/// <summary>bindings/names.csv: the names of each function of paging.h in C#, Python and Rust; the table of docs/EMBEDDING.md.</summary>
public sealed partial class NamesTests
{
    private const string Begin = "<!-- made from bindings/names.csv -->\n", End = "<!-- end -->\n";

    private static readonly string[] Assemblies =
    [
        "Paging.Native", "Paging.Contracts", "Paging.Core", "Paging.Costs", "Paging.Reports", "Paging.Programs", "Paging.Traces",
        "Paging.Windows",
    ];

    private static readonly Lazy<ILookup<string, Type>> Types = new(static () => Assemblies.SelectMany(static name =>
            Assembly.Load(name).GetExportedTypes()).ToLookup(static type => type.Name.Split('`')[0], StringComparer.Ordinal));

    private static IReadOnlyList<string[]> Rows { get; } =
        [.. File.ReadLines(Path.Combine(HeaderText.Root, "bindings/names.csv"))
            .Where(static line => !line.StartsWith('#')).Skip(1).Select(static line => line.Split(';'))];

    [Fact]
    public void EveryFunctionHasOneRow() => Assert.Equal(
        HeaderText.Functions.Select(static function => function.Name["paging_".Length..]).Order(StringComparer.Ordinal),
        Rows.Select(static row => row[0]).Where(static name => !name.StartsWith('-')).Order(StringComparer.Ordinal));

    /// <summary>A cell without a name has a reason, but for C#, whose version is its assembly's.</summary>
    [Fact]
    public void NoCellIsEmpty()
    {
        foreach (string[] row in Rows)
        {
            Assert.Equal(5, row.Length);
            Assert.All(row[..4], Assert.NotEmpty);
            Assert.All(row[2..4], static cell => Assert.True(cell[0] != '-' || cell.Length > 4, cell));
        }
    }

    [Fact]
    public void NamesOfCSharpAreMembers() =>
        Assert.DoesNotContain(
            Rows.Select(static row => row[1]), static name => name is not ("-" or "Dispose" or "Exception.Message") && !IsMember(name));

    [Fact]
    public void NamesOfRustAreItsCrates()
    {
        string source = string.Concat(Directory.EnumerateFiles(Path.Combine(HeaderText.Root, "bindings/rust/paging/src"), "*.rs")
            .Select(File.ReadAllText));
        IEnumerable<string> missing = Rows.Select(static row => row[3]).Where(static name => !name.StartsWith('-') && name is not "Drop")
            .Where(name => !IsInRust(source, name));
        Assert.Empty(missing);
    }

    [Trait("Category", "Medium")]    // publishes the library
    [Fact]
    public void NamesOfPythonAreItsPackages()
    {
        CCompiler.Require("python3");
        string names = string.Join(' ', Rows.Select(static row => row[2]).Where(static name => !name.StartsWith('-'))
            .Select(static name => name.Replace("Object.", "Engine.", StringComparison.Ordinal)));
        string library = Path.Combine(CCompiler.Library, "libpaging.so"), binding = Path.Combine(HeaderText.Root, "bindings/python");
        const string check = "import sys, operator, paging\n"
            + "for name in sys.argv[1].split():\n"
            + "    try: operator.attrgetter(name)(paging)\n"
            + "    except AttributeError: assert name == 'Pin.views', name    # set when it is made\n";
        _ = CCompiler.Run("env", $"PAGING_LIBRARY={library}", $"PYTHONPATH={binding}", "python3", "-B", "-c", check, names);
    }

    /// <summary>The library's texts name functions of C, so each has a name in the languages that translate them.</summary>
    [Fact]
    public void FunctionsInTextsHaveNamesElsewhere()
    {
        string texts = string.Concat(Directory.EnumerateFiles(Path.Combine(HeaderText.Root, "src/interop/Paging.Interop"), "*.cs")
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        string[] named = [.. Text().Matches(Attribute().Replace(texts, "")).SelectMany(static text => Name().Matches(text.Value))
            .Select(static name => name.Groups["name"].Value).Distinct(StringComparer.Ordinal)
            .Where(static name => HeaderText.Functions.Any(function => function.Name.EndsWith("_" + name, StringComparison.Ordinal)))];
        Assert.Contains("run", named, StringComparer.Ordinal);
        Assert.All(named, static name => Assert.All(
            Rows.Single(row => string.Equals(row[0], name, StringComparison.Ordinal))[2..4],
            static cell => Assert.True(cell[0] != '-' || cell.Contains("thread", StringComparison.Ordinal), cell)));
    }

    [Fact]
    public void TheTableInTheDocumentIsMadeFromTheNames()
    {
        string document = File.ReadAllText(Path.Combine(HeaderText.Root, "docs/EMBEDDING.md"));
        string made = MakeTable();
        Assert.True(document.Contains(Begin + made + End, StringComparison.Ordinal), $"docs/EMBEDDING.md must have:\n{Begin}{made}{End}");
    }

    private static string MakeTable()
    {
        StringBuilder table = new("| | C# | C | Python | Rust |\n|---|---|---|---|---|\n");
        foreach (string[] row in Rows.Where(static row => row[4].Length != 0))
        {
            IEnumerable<string> cells = new[] { row[1], row[0], row[2], row[3] }.Select(static cell =>
                cell.StartsWith('-') ? cell[1..].Trim() : $"`{cell.Replace("::", ".", StringComparison.Ordinal)}`");
            _ = table.Append(null, $"| {row[4]} | {string.Join(" | ", cells)} |\n");
        }

        return table.ToString();
    }

    private static bool IsMember(string name)
    {
        string[] parts = name.Split('.');
        return Types.Value[parts[0]].Any(type => parts.Length == 1
            || type.GetMember(parts[1], BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static).Length != 0);
    }

    private static bool IsInRust(string source, string name)
    {
        string[] parts = name.Split("::");
        bool hasType = parts.Length == 1 || Regex.IsMatch(source, $@"\b(struct|enum|trait) {parts[0]}\b|^    {parts[0]}$",
            RegexOptions.Multiline, TimeSpan.FromSeconds(10));
        return hasType && Regex.IsMatch(source, $@"\b(fn|enum) {parts[^1]}\b", RegexOptions.None, TimeSpan.FromSeconds(10));
    }

    [GeneratedRegex(@"\[(Export|UnmanagedCallersOnly)\([^\]]*\]", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Attribute();

    [GeneratedRegex("\"[^\"\n]*\"", RegexOptions.None, 10_000)]
    private static partial Regex Text();

    [GeneratedRegex(@"(?<= |\A"")paging_(?<name>\w+)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Name();
}
