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
    /// <summary>Makes it.</summary>
    public static IConfig Create() => ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithIterationCount(15).WithWarmupCount(5))
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddColumn(new PerOperationColumn())
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60))
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub)
        .WithOptions(ConfigOptions.DisableOptimizationsValidator);
}
