using System.Text.RegularExpressions;

namespace Paging.Interop.Tests;

/// <summary>A function as paging.h declares it: its result and the types of its parameters, without names and qualifiers.</summary>
internal sealed record Prototype(string Name, string Result, string[] Parameters);

/// <summary>The declarations of bindings/c/paging.h, read by a simple parser that skips comments and inline functions.</summary>
internal static partial class HeaderText
{
    public static string Root { get; } = FindRoot();

    public static string Path { get; } = System.IO.Path.Combine(Root, "bindings/c/paging.h");

    public static string Text { get; } = Comment().Replace(Inline().Replace(File.ReadAllText(Path), ""), "");

    /// <summary>The kinds of handles, and the word of all.</summary>
    public static IReadOnlySet<string> Handles { get; } =
        HandleType().Matches(Text).Select(static match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);

    public static IReadOnlyList<Prototype> Functions { get; } =
        [.. Declaration().Matches(Text).Select(static match => new Prototype(
            match.Groups["name"].Value, TypeOf(match.Groups["result"].Value),
            string.Equals(match.Groups["list"].Value.Trim(), "void", StringComparison.Ordinal)
                ? [] : [.. match.Groups["list"].Value.Split(',').Select(ParameterType)]))];

    /// <summary>The names of the inline functions. Those that a macro defines end with the sizes for which it is used.</summary>
    public static IReadOnlyList<string> InlineFunctions { get; } =
        [.. InlineName().Matches(File.ReadAllText(Path)).Select(static match => match.Groups["name"].Value)
            .SelectMany(static name => name.EndsWith("##bits", StringComparison.Ordinal)
                ? new[] { 8, 16, 32, 64 }.Select(bits => $"{name[..^6]}{bits}") : [name])];

    public static IReadOnlyDictionary<string, long> Constants { get; } =
        Constant().Matches(string.Concat(Enumeration().Matches(Text).Select(static match => match.Value)))
            .ToDictionary(
                static match => match.Groups["name"].Value, static match => ParseNumber(match.Groups["value"].Value),
                StringComparer.Ordinal);

    /// <summary>The structures, and their fields in order.</summary>
    public static IReadOnlyDictionary<string, string[]> Structures { get; } = Structure().Matches(Text).ToDictionary(
        static match => match.Groups["name"].Value,
        static match => Field().Matches(match.Groups["body"].Value).Select(static field => field.Groups["name"].Value).ToArray(),
        StringComparer.Ordinal);

    private static string ParameterType(string parameter) => TypeOf(Regex.Replace(parameter.Trim(), @"\w+$", "", RegexOptions.None, Limit));

    private static string TypeOf(string text)
    {
        string type = text.Replace("const ", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Trim();
        string name = type.TrimEnd('*');
        return Handles.Contains(name) ? "uint64_t" + type[name.Length..] : type;
    }

    private static long ParseNumber(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToInt64(text, 16) : long.Parse(text, null);

    private static TimeSpan Limit => TimeSpan.FromSeconds(10);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Paging.sln"))) return folder.FullName;
        throw new InvalidOperationException("There is no Paging.sln above the tests.");
    }

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline, 10_000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"#ifndef PAGING_DECLARATIONS_ONLY\n.*?\n#endif    /\* PAGING_DECLARATIONS_ONLY \*/", RegexOptions.Singleline, 10_000)]
    private static partial Regex Inline();

    [GeneratedRegex(@"^ *static (inline|PAGING_APART) .*?(?<name>paging_\w+(##bits)?)\(",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex InlineName();

    [GeneratedRegex(@"^(?<result>(const )?\w+ \*?)(?<name>paging_\w+)\((?<list>[^)]*)\);",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"enum \{[^}]*\}", RegexOptions.None, 10_000)]
    private static partial Regex Enumeration();

    [GeneratedRegex(@"PAGING_(?<name>\w+)\s*=\s*(?<value>-?\w+)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Constant();

    [GeneratedRegex(@"typedef struct \w+ \{(?<body>[^}]*)\} (?<name>\w+);", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Structure();

    [GeneratedRegex(@"^\s*[\w ]+?[\s*(]+(?<name>\w+)(\[\d+\]|\)\(.*?\))?;", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex Field();

    [GeneratedRegex(@"^(PAGING_HANDLE\(|typedef uint64_t )(?<name>paging_\w+)\)?;",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex HandleType();
}
