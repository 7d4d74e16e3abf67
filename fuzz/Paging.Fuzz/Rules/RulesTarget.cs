using System.Globalization;

namespace Paging.Fuzz;

/// <summary>
/// Switches the rules of the dialects off in the reference model, one at a time, and reports the recordings and generators that notice.
/// </summary>
/// <remarks>
/// The engine stays as it is: a generator notices a rule when engine and model differ. Prints a table in Markdown,
/// then the rules that nothing exercises, which is a finding.
/// </remarks>
internal sealed class RulesTarget : IFuzzTarget
{
    private const int NamesShown = 3;
    private const long OperationsUnlessAsked = 300_000, OperationsOfSlowTargets = 15_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public string Name => "rules";

    public string Description => "the rules of the dialects switched off in the model, one by one: which recordings and generators notice";

    public int Run(FuzzOptions options, TextWriter output)
    {
        if (CanaryFile.FindRepository(Environment.CurrentDirectory) is not { } repository)
        {
            output.WriteLine("rules: the repository is not here: run it somewhere below the directory with Paging.sln");
            return ExitCode.Unusable;
        }

        Dictionary<string, Canary> switches = RuleBook.Switches(repository).ToDictionary(static rule => rule.Name, StringComparer.Ordinal);
        Dictionary<string, string> reasons = RuleBook.Reasons(repository);
        using CanaryWorkshop workshop = new(repository);
        if (workshop.BuildSound(RuleBook.Models) is { } error)
        {
            output.WriteLine($"rules: {error}");
            return ExitCode.Unusable;
        }

        output.WriteLine("| Rule | Switched off: | Recordings that notice | Generator: operations until it noticed |");
        output.WriteLine("|---|---|---|---|");
        Dictionary<string, List<string>> unnoticed = new(StringComparer.Ordinal)
        {
            ["by nothing"] = [],
            ["by no recording"] = [],
            ["by no generator"] = [],
        };
        int tried = 0;
        foreach (string number in RuleBook.NumbersIn(repository))
        {
            if (!number.StartsWith(options.CanaryName, StringComparison.Ordinal)) continue;
            if (switches.TryGetValue(number, out Canary? rule)) tried += Try(options, workshop, repository, rule, unnoticed, output);
            else output.WriteLine($"| {number} | {reasons.GetValueOrDefault(number, "has no switch")} | | |");
            output.Flush();
        }

        output.WriteLine($"\n{tried} rules switched off.");
        foreach ((string who, List<string> numbers) in unnoticed)
            output.WriteLine($"Noticed {who}: {(numbers.Count == 0 ? "none" : string.Join(", ", numbers))}.");
        return unnoticed["by nothing"].Count == 0 ? ExitCode.Clean : ExitCode.Found;
    }

    private static int Try(FuzzOptions options, CanaryWorkshop workshop, string repository, Canary rule,
        Dictionary<string, List<string>> unnoticed, TextWriter output)
    {
        if (workshop.Build(rule) is { } error)
        {
            output.WriteLine($"| {rule.Name} | ERROR: {error} | | |");
            unnoticed["by nothing"].Add(rule.Name);
            return 1;
        }

        (_, string text) = workshop.Run("--target recordings", Patience, repository);
        string[] names = [.. text.Split('\n').Where(static line => line.StartsWith(RecordingsTarget.Mark, StringComparison.Ordinal))
            .Select(static line => line[RecordingsTarget.Mark.Length..].Trim())];
        string target = rule.Targets[0];
        bool isFast = string.Equals(target, "everything", StringComparison.Ordinal);
        long usual = isFast ? OperationsUnlessAsked : OperationsOfSlowTargets;
        long operations = options.OperationCountMax == 0 ? usual : options.OperationCountMax;
        (int? exitCode, string run) =
            workshop.Run($"--target {target} --seed {options.Seed} --ops {operations} --audit 0 --shrink 0 --quiet", Patience);
        bool isSeen = CanaryTarget.IsCaught(exitCode);    // a run that had to be stopped has seen nothing
        string count = CanaryTarget.OperationsIn(run).ToString("N0", CultureInfo.InvariantCulture);
        output.WriteLine($"| {rule.Name} | {rule.Description} | {Shorten(names)} | {target}: {(isSeen ? count : $"not in {count}")} |");
        if (names.Length == 0) unnoticed[isSeen ? "by no recording" : "by nothing"].Add(rule.Name);
        else if (!isSeen) unnoticed["by no generator"].Add(rule.Name);
        return 1;
    }

    private static string Shorten(string[] names) => names.Length switch
    {
        0 => "none",
        <= NamesShown => string.Join(", ", names),
        _ => $"{names.Length}: {string.Join(", ", names.Take(NamesShown))}, …",
    };
}
