using Paging.Cli;
using Paging.Pictures.Reports;
using Paging.Scripting.Engine;

namespace Paging.Pictures.Tests;

/// <summary>Reports as the command writes them, made once for all tests of a class.</summary>
public sealed class ReportPages : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paging-reports").FullName;

    /// <summary>Makes them.</summary>
    public ReportPages()
    {
        string trace = Path.Combine(_folder, "string");
        File.WriteAllLines(trace, Enumerable.Range(0, 3000).Select(static i => $"{(i * i % 11) + (i % 3)}"));
        Replay = Make("replay", trace, "--policy", "all");
        Script = Make("script", Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn"));
        Charts = Path.Combine(_folder, "charts.html");
        ReportTable table = new("t", ["a"], []);
        File.WriteAllText(Charts, ReportPage.Write("Charts",
        [
            new("Ratios", "", [(SpreadFigure.Draw("spread", "Time over the engine's",
            [
                new("anonymous-fault 512MiB-stream-of-pages",
                    [new("kernel", 9_000, 12_345, 99_999), new("C++", 0.01, 0.02, 0.9)], "minima"),
                new("threads 8", [new("kernel", 1.1, 1.2, 1.3), new("kernel, huge pages", 1, 2, 3)], "medians"),
            ]), table)]),
            new("Lines", "",
            [
                (LineChartFigure.Draw("lines", "Twenty", "ms of the guest's time", "pages read from a swap device",
                    [.. Enumerable.Range(0, 20)
                    .Select(static line => new ChartSeries($"a policy of a long name {line}",
                        [(1, 1 + line), (1000, 1_000_000 - line)], Knee: line % 2 == 0 ? 0 : -1))], ChartForm.Steps), table),
                (LineChartFigure.Draw("nothing", "None", "calls", "pages", [new("empty", [])]), table),
                (LineChartFigure.Draw("one", "One point", "calls", "pages", [new("one", [(5, 5)])]), table),
            ]),
        ]));
    }

    /// <summary>Twelve policies on a trace that they handle differently.</summary>
    public string Replay { get; }

    /// <summary>A script with faults of two kinds.</summary>
    public string Script { get; }

    /// <summary>Charts at their limits: long names, large numbers, more lines than have room beside them.</summary>
    public string Charts { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Make(params string[] args)
    {
        string file = Path.Combine(_folder, args[0] + ".html");
        using StringWriter output = new();
        int code = CommandLine.Run([.. args, "--report", file], output, output, static options => new EngineMachine(options));
        return code == ExitCode.Agreement ? file : throw new InvalidOperationException(output.ToString());
    }
}
