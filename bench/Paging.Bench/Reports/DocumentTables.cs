using System.Diagnostics;
using System.Globalization;
using Paging.Bench.Harness;
using Paging.Native.Collections;

namespace Paging.Bench.Reports;

/// <summary>Writes the tables of costs into README.md and docs/PERFORMANCE.md, between the lines that mark them.</summary>
/// <remarks>
/// Every figure of a document then comes from one run, and the line beside it names the host, the date, the commit and the statistic. Rows
/// in which the engine loses are in the list like the others.
/// </remarks>
internal static class DocumentTables
{
    private const string Begin = "<!-- bench: begin -->", End = "<!-- bench: end -->", Performance = "docs/PERFORMANCE.md";

    private const string Statistic = "Nanoseconds: the least of all rounds, and in brackets the median where that is more than half above "
        + "it. The *bare loop* does the operation's loads, stores and copies on a plain array, without an engine. *Verification OFF*: the "
        + "engine does not check its own invariants meanwhile, as in an embedder's program; the tests do.";

    private static readonly Role[] Rivals = [Role.Reference, Role.Kernel, Role.KernelHuge, Role.Unicorn];

    private static readonly (Role Role, string Name)[] Others =
        [(Role.Kernel, "kernel"), (Role.KernelHuge, "huge"), (Role.CSharp, "C#"), (Role.Cpp, "C++"), (Role.Unicorn, "Unicorn")];

    /// <summary>The rows of README.md.</summary>
    private static readonly (string Words, string Operation, string Size)[] Rows =
    [
        ("a read that hits, in order", "read-sequential", "64KiB"),
        ("a read that hits, anywhere in 64 MiB", "read-random", "64MiB"),
        ("the first write to a page, in warm RAM", "anonymous-fault", "1MiB-warm"),
        ("the first write to a page, in RAM fresh from the host", "anonymous-fault", "512MiB-fresh"),
        ("copy on write of one page, among 1 MiB", "cow-fault", "1MiB"),
        ("fork, for each page of the process", "fork-page", "256MiB"),
        ("mmap and munmap, among 60,000 areas", "mmap-munmap", "60000-areas"),
        ("pread of 4 KiB from a cached file", "pread", "16MiB-memfd"),
        ("the way back to a snapshot, ten pages written", "snapshot-iteration", "60000-areas"),
        ("a page fault of a guest program", "guest-fault", "16MiB"),
    ];

    /// <summary>Replaces both tables.</summary>
    /// <param name="results">A whole quick run: a document has no rows of an older one.</param>
    /// <param name="repository">The folder that has README.md.</param>
    public static void Write(IReadOnlyList<RaceResult> results, string repository)
    {
        string source = $"{HostDescription.Current().Text}; {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, commit "
            + $"{CommitOf(repository)}. {Statistic}";
        Replace(Path.Combine(repository, "README.md"), Costs(results, source));
        Replace(Path.Combine(repository, Performance), WholeTable(results, source));
    }

    private static string Costs(IReadOnlyList<RaceResult> results, string source)
    {
        using StringWriter text = new() { NewLine = "\n" };
        text.WriteLine("| ns for … | engine | bare loop | kernel, 4 KiB pages | kernel, huge pages | Unicorn |\n|---|--:|--:|--:|--:|--:|");
        foreach ((string words, string operation, string size) in Rows)
        {
            RaceResult? row = results.FirstOrDefault(result =>
                string.Equals(result.Operation, operation, StringComparison.Ordinal)
                && string.Equals(result.Size, size, StringComparison.Ordinal));
            if (row is null) continue;
            text.WriteLine($"| {words} | {Both(row.Engine)} |{string.Concat(Rivals.Select(role => $" {Both(row.Of(role))} |"))}");
        }

        WriteSource(text, source);
        return text.ToString();
    }

    private static string WholeTable(IReadOnlyList<RaceResult> results, string source)
    {
        using StringWriter text = new() { NewLine = "\n" };
        WriteSource(text, source);
        text.WriteLine("A row has the sizes of an operation and their figures in that order. *Bare loop* is the engine's time over that");
        text.WriteLine("of the loop; *rivals* are how many times as fast the engine is. Managed bytes are in square brackets.\n");
        text.WriteLine("| operation | engine, ns | bare loop | rivals |\n|---|--:|--:|---|");
        foreach (IGrouping<string, RaceResult> sizes in results.GroupBy(static row => row.Operation, StringComparer.Ordinal))
        {
            IEnumerable<string> rivals = Others.Where(other => sizes.Any(row => row.Of(other.Role) is not null))
                .Select(other => $"{other.Name} {Each(sizes, row => Times(row, other.Role))}");
            text.WriteLine($"| {sizes.Key}: {Sizes([.. sizes.Select(static row => row.Size)])} | {Each(sizes, EngineOf)} | "
                + $"{(sizes.Any(static row => Over(row) is not "–") ? Each(sizes, Over) : "")} | {string.Join("; ", rivals)} |");
        }

        GoalOutcome[] goals = [.. Goals.Outcomes(results)], missed = [.. goals.Where(static goal => !goal.IsReached)];
        text.WriteLine($"\n{goals.Length - missed.Length} of {goals.Length} goals are reached. The others:\n");
        text.WriteLine("| goal | reached |\n|---|---|");
        foreach (IGrouping<string, GoalOutcome> goal in missed.GroupBy(static one => one.Goal, StringComparer.Ordinal))
            text.WriteLine($"| {goal.Key} | {string.Join("; ", goal.GroupBy(OperationOf, StringComparer.Ordinal).Select(Reached))} |");
        return text.ToString();
    }

    private static string OperationOf(GoalOutcome goal) => goal.Subject.Split('/')[0];

    private static string Reached(IGrouping<string, GoalOutcome> sizes) =>
        sizes.Key + string.Join(",", sizes.Select(one => $"{one.Subject[sizes.Key.Length..].Replace('/', ' ')} {one.Reached}"));

    private static string Each(IEnumerable<RaceResult> rows, Func<RaceResult, string> figure) => string.Join(" / ", rows.Select(figure));

    private static string Times(RaceResult row, Role rival) => row.Of(rival) is null ? "–" : FigureText.TimesFaster(row, rival);

    private static string EngineOf(RaceResult row)
    {
        string bytes = FigureText.Bytes(row.Engine);
        return bytes is "0" ? Both(row.Engine) : $"{Both(row.Engine)} [{bytes}]";
    }

    /// <summary>The sizes <c>10-areas</c> and <c>1000-areas</c> become "10, 1000 areas".</summary>
    private static string Sizes(string[] sizes)
    {
        int dash = sizes[0].IndexOf('-', StringComparison.Ordinal);
        string unit = dash < 0 ? "" : sizes[0][dash..];
        if (sizes.Length == 1 || unit.Length == 0 || !Array.TrueForAll(sizes, size => size.EndsWith(unit, StringComparison.Ordinal)))
            return string.Join(", ", sizes);
        return $"{string.Join(", ", sizes.Select(size => size[..^unit.Length]))} {unit[1..]}";
    }

    private static string Over(RaceResult row) => row.Of(Role.Reference) is null ? "–" : FigureText.TimesReference(row);

    /// <summary>A lap's least time, and its median where a reader of the least time alone would be misled.</summary>
    private static string Both(Lap? lap)
    {
        if (lap is null) return FigureText.None;
        string least = FigureText.Nanoseconds(lap.MinNanoseconds);
        return lap.MedianNanoseconds > 1.5 * lap.MinNanoseconds ? $"{least} ({FigureText.Nanoseconds(lap.MedianNanoseconds)})" : least;
    }

    /// <summary>One sentence a line, so that no line is longer than a document's may be.</summary>
    private static void WriteSource(StringWriter text, string source)
    {
        const int columns = 140;
        text.WriteLine();
        string line = "";
        foreach (string word in source.Split(' '))
        {
            if (line.Length + 1 + word.Length > columns)
            {
                text.WriteLine(line);
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        text.WriteLine(line + "\n");
    }

    private static void Replace(string path, string table)
    {
        string text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin) throw new FormatException($"{path} has no lines '{Begin}' and '{End}'.");
        File.WriteAllText(path, $"{text[..(begin + Begin.Length)]}\n{table.TrimStart('\n')}{text[end..]}");
    }

    private static string CommitOf(string repository)
    {
        using Process git = Process.Start(new ProcessStartInfo("git", ["-C", repository, "rev-parse", "--short", "HEAD"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        string commit = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return commit;
    }
}
