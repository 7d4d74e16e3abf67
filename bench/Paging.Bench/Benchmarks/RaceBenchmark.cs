using BenchmarkDotNet.Attributes;
using Paging.Bench.Harness;

namespace Paging.Bench.Benchmarks;

/// <summary>A race under BenchmarkDotNet: the same contenders as in a quick run, one at a time.</summary>
/// <remarks>The kernel's contenders in a bare process include the pipe to it here; a quick run takes their own clock.</remarks>
[MemoryDiagnoser(displayGenColumns: false)]
public abstract class RaceBenchmark
{
    /// <summary>The contender and its race.</summary>
    [ParamsSource(nameof(Cases))]
    public RaceCase Case { get; set; } = null!;

    /// <summary>All contenders of all races.</summary>
    public IEnumerable<RaceCase> Cases => RaceCase.Of(Definitions);

    /// <summary>The operations of this class.</summary>
    internal abstract IEnumerable<RaceDefinition> Definitions { get; }

    /// <summary>The contender, once the race is set up.</summary>
    private protected Contender Contender { get; set; } = null!;

    /// <summary>All operations of the race, once.</summary>
    [Benchmark]
    public void Run() => Contender.Run(Case.Count);
}

/// <summary>Races in which one run can follow another.</summary>
public abstract class SteadyBenchmark : RaceBenchmark
{
    /// <summary>Sets the race up.</summary>
    [GlobalSetup]
    public void Start()
    {
        Contender = Case.Start();
        Contender.Prepare(Case.Count);
    }

    /// <summary>Fails when the last run did not do what it should; takes the race down.</summary>
    [GlobalCleanup]
    public void Stop()
    {
        Contender.Verify(Case.Count);
        Case.Stop();
    }
}

/// <summary>Races whose world is brought back to the beginning before each run.</summary>
public abstract class PreparedBenchmark : RaceBenchmark
{
    /// <summary>Sets the race up.</summary>
    [GlobalSetup]
    public void Start() => Contender = Case.Start();

    /// <summary>Takes it down.</summary>
    [GlobalCleanup]
    public void Stop() => Case.Stop();

    /// <summary>Brings the world to where the operation begins.</summary>
    [IterationSetup]
    public void Prepare() => Contender.Prepare(Case.Count);

    /// <summary>Fails when the run did not do what it should.</summary>
    [IterationCleanup]
    public void Verify() => Contender.Verify(Case.Count);
}
