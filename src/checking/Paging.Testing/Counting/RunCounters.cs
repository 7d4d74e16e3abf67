namespace Paging.Testing.Counting;

/// <summary>The counts of one job, or of all together.</summary>
internal sealed class RunCounters(Coverage coverage)
{
    /// <summary>Operations by outcome.</summary>
    public Coverage Coverage { get; } = coverage;

    public long OperationCount { get; set; }

    public long ScenarioCount { get; set; }

    public long AuditCount { get; set; }

    /// <summary>Calls that were made and thrown away because the dialect leaves them open.</summary>
    public long RefusedCount { get; set; }

    /// <summary>Time that went into making failures small: it is not counted in operations per second.</summary>
    public TimeSpan ShrinkTime { get; set; }

    public void Add(RunCounters other)
    {
        Coverage.Add(other.Coverage);
        OperationCount += other.OperationCount;
        ScenarioCount += other.ScenarioCount;
        AuditCount += other.AuditCount;
        RefusedCount += other.RefusedCount;
        ShrinkTime += other.ShrinkTime;
    }
}
