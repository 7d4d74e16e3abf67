using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Paging.Fuzz;

/// <summary>
/// Builds engines with one deliberate fault each, and expects the other targets to find it: a fuzzer that cannot fail is a defect.
/// </summary>
internal sealed partial class CanaryTarget : IFuzzTarget
{
    private const int SecondsEach = 40;    // of processor time, so that the load of the host does not decide what is caught
    private const int KilledBySignal = 128;    // a shell's and .NET's exit codes above it: 128 + signal; an unhandled exception aborts
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private const string NoTarget = "-";

    public string Name => "canary";

    public string Description => "engines with one deliberate fault each: every one must be caught";

    public int Run(FuzzOptions options, TextWriter output)
    {
        if (CanaryFile.FindRepository(Environment.CurrentDirectory) is not { } repository)
        {
            output.WriteLine("canary: the repository is not here: run it somewhere below the directory with Paging.sln");
            return ExitCode.Unusable;
        }

        List<Canary> canaries = CanaryFile.ReadAll(repository);
        List<Canary> chosen =
            Choose(canaries.FindAll(canary => canary.Name.Contains(options.CanaryName, StringComparison.Ordinal)), options.CanaryCountMax);
        using CanaryWorkshop workshop = new(repository);
        if (workshop.BuildSound(chosen.Select(static canary => canary.Assembly).Distinct(StringComparer.Ordinal)) is { } error)
        {
            output.WriteLine($"canary: {error}");
            return ExitCode.Unusable;
        }

        output.WriteLine($"{"canary",-36} {"caught by",-12} {"operations",12} {"seconds",8}  how");
        Dictionary<string, long> longestRuns = new(StringComparer.Ordinal);
        bool allCaught = true;
        foreach (Canary canary in chosen)
        {
            allCaught &= Try(options, workshop, canary, longestRuns, output);
            output.Flush();
        }

        allCaught &= SoundEnginePasses(options, workshop, longestRuns, output);
        output.WriteLine(allCaught ? $"all {chosen.Count} caught" : "NOT all caught");
        return allCaught ? ExitCode.Clean : ExitCode.Found;
    }

    /// <summary>All, or a fixed choice spread over the lists.</summary>
    private static List<Canary> Choose(List<Canary> canaries, int countMax)
    {
        if (countMax <= 0 || countMax >= canaries.Count) return canaries;
        return [.. Enumerable.Range(0, countMax).Select(i => canaries[(int)((long)i * canaries.Count / countMax)])];
    }

    /// <summary>
    /// The control: without a fault the same seeds find nothing, up to the operation at which the last canary was caught.
    /// </summary>
    /// <param name="options">The options of the run.</param>
    /// <param name="workshop">Where the sound program is made.</param>
    /// <param name="longestRuns">The longest run that caught a canary, by target, in operations; 0 when no run reported it.</param>
    /// <param name="output">Where a finding is printed.</param>
    private static bool SoundEnginePasses(FuzzOptions options, CanaryWorkshop workshop, Dictionary<string, long> longestRuns,
        TextWriter output)
    {
        workshop.PrepareProgram();
        bool passes = true;
        foreach ((string target, long operationCount) in longestRuns)
        {
            Stopwatch watch = Stopwatch.StartNew();
            string budget = operationCount == 0 ? ProcessorSeconds(options) : $"--ops {operationCount}";
            (int? exitCode, string text) = Run(workshop, target, assembly: null, ArgumentsFor(options, target, budget));
            bool isSound = exitCode == ExitCode.Clean;
            passes &= isSound;
            string verdict = isSound ? "nothing found" : "FAILS:\n" + text;
            output.WriteLine(Line("(no fault)", target, OperationsIn(text), watch.Elapsed, verdict));
        }

        return passes;
    }

    private static bool Try(FuzzOptions options, CanaryWorkshop workshop, Canary canary, Dictionary<string, long> longestRuns,
        TextWriter output)
    {
        Stopwatch watch = Stopwatch.StartNew();
        if (workshop.Build(canary) is { } error)
        {
            output.WriteLine($"{canary.Name,-36} ERROR: {error}");
            return false;
        }

        long operations = 0;
        foreach (string target in canary.Targets)
        {
            (int? exitCode, string text) =
                Run(workshop, target, canary.Assembly, ArgumentsFor(options, target, ProcessorSeconds(options)));
            long count = OperationsIn(text);
            operations += count;
            if (exitCode == ExitCode.Clean) continue;
            bool isCaught = IsCaught(exitCode);
            if (isCaught) Remember(longestRuns, target, count);
            string verdict = (isCaught ? "" : "NOT CAUGHT: ") + HowItEnded(exitCode, text);
            output.WriteLine(Line(canary.Name, target, operations, watch.Elapsed, verdict));
            return isCaught;
        }

        output.WriteLine(Line(canary.Name, NoTarget, operations, watch.Elapsed, $"NOT CAUGHT: {canary.Description}"));
        return false;
    }

    /// <summary>Runs a target, or a class of tests with the assembly that has the fault.</summary>
    private static (int? ExitCode, string Output) Run(CanaryWorkshop workshop, string target, string? assembly, string arguments) =>
        CanaryTests.Of(target) is { } tests ? workshop.RunTests(tests, assembly, Patience) : workshop.Run(arguments, Patience);

    /// <summary>
    /// Returns whether a run found the fault: it reported it, or it crashed. A run that is stopped, or refuses to start, found nothing.
    /// </summary>
    /// <remarks>A scenario that does not end is found by the run itself (<see cref="Watchdog"/>), long before patience runs out.</remarks>
    internal static bool IsCaught(int? exitCode) => exitCode is ExitCode.Found or > KilledBySignal;

    private static string Line(string name, string target, long operationCount, TimeSpan elapsed, string verdict) =>
        $"{name,-36} {target,-12} {operationCount,12:N0} {elapsed.TotalSeconds,8:F1}  {verdict}";

    /// <summary>Keeps the longest run of a target; 0 is a run of unknown length, which counts as longer than any other.</summary>
    internal static void Remember(Dictionary<string, long> longestRuns, string target, long operationCount)
    {
        bool isKnown = longestRuns.TryGetValue(target, out long longest);
        if (!isKnown || operationCount == 0 || (longest != 0 && operationCount > longest)) longestRuns[target] = operationCount;
    }

    private static string ProcessorSeconds(FuzzOptions options) => $"--processor-seconds {SecondsEach * options.JobCount}";

    private static string ArgumentsFor(FuzzOptions options, string target, string budget) =>
        $"--target {target} --seed {options.Seed} {budget} --jobs {options.JobCount} --shrink 0 --quiet";

    internal static long OperationsIn(string text)
    {
        string digits = OperationCount().Match(text).Groups["count"].Value.Replace(",", "", StringComparison.Ordinal);
        return long.TryParse(digits, out long count) ? count : 0;
    }

    private static string HowItEnded(int? exitCode, string text)
    {
        if (exitCode is null) return "did not end";
        if (exitCode != ExitCode.Found) return $"ended with {exitCode}: {text.Trim().Split('\n')[0]}";
        string[] lines = text.Split('\n');
        string what = Array.Find(lines, static line =>
            (line.StartsWith("seed ", StringComparison.Ordinal) && line.Contains(": ", StringComparison.Ordinal))
            || line.EndsWith("[FAIL]", StringComparison.Ordinal))?.Trim() ?? lines[0];
        return what.Length <= 110 ? what : what[..110] + "…";
    }

    [GeneratedRegex("^(?<count>[0-9,]+) operations in",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex OperationCount();
}
