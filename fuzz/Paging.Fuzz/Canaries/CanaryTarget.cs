using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Paging.Fuzz;

/// <summary>Builds engines with one deliberate fault each, and expects the other targets to find it: a fuzzer that cannot fail is a defect.</summary>
internal sealed partial class CanaryTarget : IFuzzTarget
{
    private const int SecondsEach = 40;    // of processor time: a busy host must not decide what is caught
    private const int SecondsForSoundEngine = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private const string NobodyCaughtIt = "-";

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
        List<Canary> chosen = Choose(canaries.FindAll(canary => canary.Name.Contains(options.CanaryName, StringComparison.Ordinal)), options.CanaryCountMax);
        using CanaryWorkshop workshop = new(repository);
        if (workshop.BuildSound() is { } error)
        {
            output.WriteLine($"canary: {error}");
            return ExitCode.Unusable;
        }

        bool allCaught = SoundEnginePasses(options, workshop, chosen, output);
        output.WriteLine($"{"canary",-36} {"caught by",-12} {"operations",12} {"seconds",8}  how");
        foreach (Canary canary in chosen)
        {
            allCaught &= Try(options, workshop, canary, output);
            output.Flush();
        }

        output.WriteLine(allCaught ? $"all {chosen.Count} caught" : "NOT all caught");
        return allCaught ? ExitCode.Clean : ExitCode.Found;
    }

    /// <summary>All, or a fixed choice spread over the lists.</summary>
    private static List<Canary> Choose(List<Canary> canaries, int countMax)
    {
        if (countMax <= 0 || countMax >= canaries.Count) return canaries;
        return [.. Enumerable.Range(0, countMax).Select(i => canaries[(int)((long)i * canaries.Count / countMax)])];
    }

    /// <summary>Without a fault the same runs find nothing; otherwise being caught means nothing.</summary>
    private static bool SoundEnginePasses(FuzzOptions options, CanaryWorkshop workshop, List<Canary> canaries, TextWriter output)
    {
        workshop.PrepareProgram();
        bool passes = true;
        foreach (string target in canaries.SelectMany(static canary => canary.Targets).Distinct(StringComparer.Ordinal))
        {
            (int? exitCode, string text) = workshop.Run(ArgumentsFor(options, target, SecondsForSoundEngine), Patience);
            if (exitCode == ExitCode.Clean) continue;
            output.WriteLine($"the sound engine fails {target}:\n{text}");
            passes = false;
        }

        return passes;
    }

    private static bool Try(FuzzOptions options, CanaryWorkshop workshop, Canary canary, TextWriter output)
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
            (int? exitCode, string text) = workshop.Run(ArgumentsFor(options, target, SecondsEach), Patience);
            operations += long.TryParse(OperationCount().Match(text).Groups["count"].Value.Replace(",", "", StringComparison.Ordinal), out long count) ? count : 0;
            if (exitCode == ExitCode.Clean) continue;
            output.WriteLine($"{canary.Name,-36} {target,-12} {operations,12:N0} {watch.Elapsed.TotalSeconds,8:F1}  {HowItEnded(exitCode, text)}");
            return true;
        }

        output.WriteLine($"{canary.Name,-36} {NobodyCaughtIt,-12} {operations,12:N0} {watch.Elapsed.TotalSeconds,8:F1}  NOT CAUGHT: {canary.Description}");
        return false;
    }

    private static string ArgumentsFor(FuzzOptions options, string target, int seconds) =>
        $"--target {target} --seed {options.Seed} --processor-seconds {seconds * options.JobCount} --jobs {options.JobCount} --shrink 0 --quiet";

    private static string HowItEnded(int? exitCode, string text)
    {
        if (exitCode is null) return "did not end";
        if (exitCode != ExitCode.Found) return $"ended with {exitCode}: {text.Trim().Split('\n')[0]}";
        string[] lines = text.Split('\n');
        string what = Array.Find(lines, static line => line.StartsWith("seed ", StringComparison.Ordinal) && line.Contains(": ", StringComparison.Ordinal)) ?? lines[0];
        return what.Length <= 110 ? what : what[..110] + "…";
    }

    [GeneratedRegex("^(?<count>[0-9,]+) operations in", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex OperationCount();
}
