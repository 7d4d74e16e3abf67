using System.Text.RegularExpressions;
using Paging.Fuzz.Changes;

namespace Paging.Fuzz;

/// <summary>The rules that the dialects number, and for each the one place of the reference model that switches it off.</summary>
/// <remarks>
/// A number follows the words of its rule: <c>[L5.3]</c> in docs/DIALECT.md, <c>[H6.2]</c> in docs/DIALECT-HUGE.md, <c>[W18.1]</c> in
/// docs/WINDOWS-DIALECT.md; the first part is that of the section, or of Windows' rule. The lists in fuzz/rules have the form of canaries
/// (<see cref="CanaryFile"/>), with the number as the name. A title <c>L9.40: without a switch: …</c> gives the reason why a rule has none.
/// </remarks>
internal static partial class RuleBook
{
    /// <summary>The assemblies that the rules' switches are in.</summary>
    public static readonly string[] Models = ["Paging.ReferenceModel", "Paging.WindowsChecking"];

    private const string NoSwitch = ": without a switch: ";

    private static readonly string Lists = Path.Combine("fuzz", "rules");
    private static readonly string[] Documents = ["DIALECT.md", "DIALECT-HUGE.md", "WINDOWS-DIALECT.md"];

    /// <summary>The numbers in the documents, in order.</summary>
    public static List<string> NumbersIn(string repository) =>
        [.. Documents.SelectMany(document => Number().Matches(File.ReadAllText(Path.Combine(repository, "docs", document))))
            .Select(static match => match.Groups["number"].Value)];

    /// <summary>The switches: a canary of the model for each number.</summary>
    /// <exception cref="FormatException">A file is not such a list.</exception>
    public static List<Canary> Switches(string repository) =>
        [.. Entries(repository).Where(static entry => !HasNoSwitch(entry)).Select(CanaryFile.Of)];

    /// <summary>Why a number has no switch.</summary>
    public static Dictionary<string, string> Reasons(string repository) => Entries(repository).Where(HasNoSwitch)
        .Select(static entry => entry.Title.Split(NoSwitch, 2))
        .ToDictionary(static words => words[0], static words => words[1], StringComparer.Ordinal);

    private static IEnumerable<ChangeList.Entry> Entries(string repository) =>
        Directory.GetFiles(Path.Combine(repository, Lists), "*.rule").Order(StringComparer.Ordinal)
            .SelectMany(static path => ChangeList.Read(path, File.ReadAllLines(path)));

    private static bool HasNoSwitch(ChangeList.Entry entry) => entry.Title.Contains(NoSwitch, StringComparison.Ordinal);

    [GeneratedRegex(@"\[(?<number>[LHW][0-9]+\.[0-9]+)\]", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Number();
}
