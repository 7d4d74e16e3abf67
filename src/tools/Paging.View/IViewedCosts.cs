using Paging.Pictures.Snapshots;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.View;

/// <summary>Counts the time of a script that is viewed.</summary>
public interface IViewedCosts
{
    /// <summary>Adds its devices to the options of a machine. With the machine's engine the count begins again.</summary>
    EngineMachineOptions AddTo(EngineMachineOptions options);

    /// <summary>Returns the machine with its calls counted.</summary>
    IScenarioMachine Around(EngineMachine machine);

    /// <summary>The time by cause since the start, in nanoseconds.</summary>
    IReadOnlyList<CounterView> Counters { get; }
}
