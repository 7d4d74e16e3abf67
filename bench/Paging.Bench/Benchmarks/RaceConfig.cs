using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Paging.Bench.Benchmarks;

/// <summary>
/// BenchmarkDotNet for races: in this process, as nothing can be built where there is no feed, with the time of one operation as a column.
/// </summary>
internal static class RaceConfig
{
    /// <summary>The jobs that <c>--job</c> names, with the numbers of iterations of BenchmarkDotNet's own.</summary>
    public static IReadOnlyDictionary<string, Job> Jobs { get; } = new Dictionary<string, Job>(StringComparer.OrdinalIgnoreCase)
    {
        ["default"] = Job.Default.WithIterationCount(15).WithWarmupCount(5),
        ["dry"] = Job.Dry,
        ["short"] = Job.ShortRun,
        ["medium"] = Job.MediumRun,
        ["long"] = Job.LongRun,
    };

    /// <summary>Makes it. BenchmarkDotNet's own <c>--job</c> would add a job that builds a project.</summary>
    public static IConfig Create(Job job) => ManualConfig.CreateEmpty()
        .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddColumn(new PerOperationColumn())
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60))
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub)
        .WithOptions(ConfigOptions.DisableOptimizationsValidator);
}
