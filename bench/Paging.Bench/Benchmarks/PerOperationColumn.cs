using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Paging.Bench.Reports;

namespace Paging.Bench.Benchmarks;

/// <summary>The mean of one operation, where the framework's column is the mean of one call with many of them.</summary>
public sealed class PerOperationColumn : IColumn
{
    /// <inheritdoc/>
    public string Id => nameof(PerOperationColumn);

    /// <inheritdoc/>
    public string ColumnName => "ns/operation";

    /// <inheritdoc/>
    public string Legend => "Mean time of one operation in nanoseconds";

    /// <inheritdoc/>
    public UnitType UnitType => UnitType.Dimensionless;

    /// <inheritdoc/>
    public bool AlwaysShow => true;

    /// <inheritdoc/>
    public ColumnCategory Category => ColumnCategory.Custom;

    /// <inheritdoc/>
    public int PriorityInCategory => 0;

    /// <inheritdoc/>
    public bool IsNumeric => true;

    /// <inheritdoc/>
    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    /// <inheritdoc/>
    public bool IsAvailable(Summary summary) => true;

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        bool isRace = benchmarkCase.Parameters[nameof(RaceBenchmark.Case)] is RaceCase { Count: > 0 };
        double? mean = summary[benchmarkCase]?.ResultStatistics?.Mean;
        return isRace && mean is { } nanoseconds
            ? FigureText.Nanoseconds(nanoseconds / ((RaceCase)benchmarkCase.Parameters[nameof(RaceBenchmark.Case)]).Count)
            : FigureText.None;
    }

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
