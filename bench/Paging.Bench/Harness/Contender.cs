using System.Diagnostics;
using Paging.Bench.Host;

namespace Paging.Bench.Harness;

/// <summary>One way of doing an operation. One call of <see cref="Run"/> is timed; the calls around it are not.</summary>
/// <remarks><code>
///   Prepare(n) ──► Run(n) ──► Verify(n)     n operations, at most the race's count and its own; fewer while warming up
///                    ▲
///                  timed     Contenders of one race may share a world: Prepare leaves nothing to what ran before.
/// </code></remarks>
internal abstract class Contender(Role role, string description) : IDisposable
{
    /// <summary>Its role in the race.</summary>
    public Role Role { get; } = role;

    /// <summary>A description in a few words.</summary>
    public string Description { get; } = description;

    /// <summary>
    /// How many managed bytes a run may allocate. The engine's operations and the references take none, except to hand objects to the host.
    /// </summary>
    public virtual long AllocatedBytesMax => Role is Role.Engine or Role.Reference ? 0 : long.MaxValue;

    /// <summary>
    /// How many operations one run does at most, where each takes so long that more of them would only lengthen the run.
    /// </summary>
    public virtual int CountMax => int.MaxValue;

    /// <summary>False where almost none of the timed code is managed: then there is nothing to compile.</summary>
    public virtual bool NeedsWarmUp => true;

    /// <summary>The longest single operation of the last run, in nanoseconds; 0 where operations are not timed one by one.</summary>
    public virtual long LongestNanoseconds => 0;

    /// <summary>How many operations of a race it does in one run.</summary>
    public int CountOf(int raceCount) => Math.Min(raceCount, CountMax);

    /// <summary>Brings the world to where the operation begins.</summary>
    public virtual void Prepare(int count) { }

    /// <summary>Does the operation a number of times.</summary>
    public abstract void Run(int count);

    /// <summary>Fails unless the operations have happened: fast because it worked, not because it didn't.</summary>
    /// <exception cref="BrokenBenchmarkException">Something else has happened.</exception>
    public virtual void Verify(int count) { }

    /// <summary>Runs once; nanoseconds. A contender in another process brings its own clock.</summary>
    public virtual long Time(int count)
    {
        long start = Stopwatch.GetTimestamp();
        Run(count);
        return HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - start);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what it holds.</summary>
    protected virtual void Dispose(bool disposing) { }
}
