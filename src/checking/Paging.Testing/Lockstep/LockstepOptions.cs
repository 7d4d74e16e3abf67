using Paging.Core;
using Paging.Scripting.Engine;
using Paging.Testing.World;

namespace Paging.Testing.Lockstep;

/// <summary>The machines that a scenario runs on.</summary>
/// <param name="Set">The machines that run beside the engine.</param>
internal sealed record LockstepOptions(MachineSet Set)
{
    /// <summary>RAM of the engine. Small, because an audit checks every frame.</summary>
    public ulong RamByteLength { get; init; } = 16 << 20;

    /// <summary>
    /// What else the engine is built with: options that no result may depend on, which the seed draws (<c>Swarm.DrawEngine</c>), and
    /// max_map_count.
    /// </summary>
    public EngineOptions Engine { get; init; } = new() { RequestHostHugePages = false, Overcommit = OvercommitMode.Always };

    /// <summary>The engine has these options, and none that the seed draws: for scenarios that others run as well.</summary>
    public bool IsUsual { get; init; }

    /// <summary>Some blocks of seeds have huge pages of both kinds (<see cref="HugeSetting"/>). Only for the model and us.</summary>
    public bool MayHaveHugePages { get; init; }

    /// <summary>A swap device of the engine; none when 0. What shows whether a page is in RAM is executed then, and not compared.</summary>
    public ulong SwapByteLength { get; init; }

    /// <summary>
    /// Each process has a window of the host (<see cref="MemoryWindow"/>), compared with the tables after each call and read to its end.
    /// No result may depend on it. Without effect where there are no windows.
    /// </summary>
    public bool HasWindows { get; init; }

    /// <summary>Changes the options with which the engine is made, for features that are used beside the scenario; null: not.</summary>
    public Func<EngineOptions, EngineOptions>? Adjust { get; init; }

    /// <summary>Uses features beside the scenario, whose engine it is given; null: there are none.</summary>
    public Func<EngineMachine, ICompanyMachine>? Beside { get; init; }

    /// <summary>
    /// The engine may report that it is out of memory; nothing is compared then. Otherwise a scenario ends before memory does.
    /// </summary>
    public bool IsShort { get; init; }
}
