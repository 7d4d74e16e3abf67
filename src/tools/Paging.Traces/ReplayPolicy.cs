using Paging.Policies;
using Paging.Traces.Offline;
using Paging.Traces.Simulation;

namespace Paging.Traces;

/// <summary>A policy that traces can be run under: one of <see cref="PolicyEntry.All"/>, or the optimum.</summary>
public sealed class ReplayPolicy
{
    internal ReplayPolicy(string name, string summary, PolicyEntry? online) => (Name, Summary, Online) = (name, summary, online);

    /// <summary>The name, in capitals: <c>CLOCK0</c>.</summary>
    public string Name { get; }

    /// <summary>A description of the policy, in half a line.</summary>
    public string Summary { get; }

    /// <summary>The policy, if it needs no knowledge of the future; null for the optimum, <see cref="OptPolicy"/>.</summary>
    public PolicyEntry? Online { get; }

    /// <summary>Makes a simulator of a number of empty frames.</summary>
    /// <param name="frameCount">At least 1. Frames that the trace never uses cost nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no frames.</exception>
    public TraceSimulator Simulate(int frameCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCount, 1);    // before a policy sizes its lists by it
        return Online is null ? new OptSimulator(frameCount) : Online.Use(new SimulatorMaker(frameCount));
    }

    private sealed class SimulatorMaker(int frameCount) : IPolicyUser<TraceSimulator>
    {
        private const int ReservedFrameCountMax = 1 << 12;    // small, because frames may outnumber the pages of the trace

        public TraceSimulator Use<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy> =>
            new PolicySimulator<TPolicy>(frameCount, TPolicy.Create(frameCount, Math.Min(frameCount, ReservedFrameCountMax)));
    }
}
