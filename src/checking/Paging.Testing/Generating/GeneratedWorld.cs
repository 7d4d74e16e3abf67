using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;

namespace Paging.Testing.Generating;

/// <summary>An engine with the processes, areas and pages that a generated scenario has made, and the calls that may come next.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class GeneratedWorld : IDisposable
{
    private readonly LockstepMachines _machines;
    private readonly ScenarioGenerator _generator;

    internal GeneratedWorld(ulong seed, int callCount)
    {
        FuzzRandom random = new(seed);
        Swarm swarm = new(random, SwarmTheme.Everything);
        _machines = new(new(MachineSet.EngineOnly) { IsUsual = true }, swarm.Header);
        _generator = new(_machines.World, swarm, random);
        for (int call = 0; call < callCount && !_machines.World.IsUsedUp; call++) Execute(NextCall());
    }

    /// <summary>The engine.</summary>
    public PagingEngine Engine => _machines.Engine;

    /// <summary>Draws a call that the dialect defines in the present state. Execute it before you draw the next one.</summary>
    public ScenarioCall NextCall() => _generator.Next();

    /// <summary>Executes a call.</summary>
    /// <exception cref="CheckFailedException">The engine threw.</exception>
    public ScriptResult Execute(ScenarioCall call) =>
        _machines.Execute(call, out ScriptResult result) is { } failure ? throw new CheckFailedException(failure.ToString()) : result;

    /// <inheritdoc/>
    public void Dispose() => _machines.Dispose();

    /// <summary>Prints how many processes there are.</summary>
    public override string ToString() => $"a world of {Engine.ProcessCount} processes after {_machines.CallCount} calls";
}
