using Paging.Core.Snapshots;

namespace Paging.Core;

/// <summary>The state of a process in a snapshot of the engine.</summary>
/// <param name="Process">The process.</param>
/// <param name="Node">Its memory and descriptors, in the tree of its own snapshots; null if it had exited.</param>
/// <param name="ExitCode">Its exit code, if it had exited.</param>
/// <param name="Name">Its name, if it had exited.</param>
/// <param name="OutOfMemoryScore">Its preference for being ended, if it had exited.</param>
/// <param name="Faults">Its counters, if it had exited.</param>
internal readonly record struct KeptProcess(
    UserProcess Process, SnapshotNode? Node, int ExitCode, string Name, int OutOfMemoryScore, FaultCounters Faults)
{
    /// <summary>Records a process that has exited.</summary>
    public static KeptProcess OfExited(UserProcess process) => new(
        process, Node: null, process.ExitCode, process.Name, process.OutOfMemoryScore, process.Space.Faults);

    /// <summary>Records a running process, with the snapshot just taken of it.</summary>
    public static KeptProcess OfRunning(UserProcess process, SnapshotNode node) => new(process, node, ExitCode: 0, "", 0, default);
}
