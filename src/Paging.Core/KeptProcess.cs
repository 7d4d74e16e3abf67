using Paging.Core.Snapshots;

namespace Paging.Core;

/// <summary>A process as a snapshot of the engine has it.</summary>
/// <param name="Process">The process.</param>
/// <param name="Node">Its memory and descriptors, in the tree of its own snapshots; null if it had exited.</param>
/// <param name="ExitCode">What it had exited with.</param>
/// <param name="Name">Its name, if it had exited.</param>
/// <param name="OutOfMemoryScore">Its preference for being ended, if it had exited.</param>
/// <param name="Faults">Its counters, if it had exited.</param>
internal readonly record struct KeptProcess(
    UserProcess Process, SnapshotNode? Node, int ExitCode, string Name, int OutOfMemoryScore, FaultCounters Faults)
{
    /// <summary>Notes a process that has exited.</summary>
    public static KeptProcess OfExited(UserProcess process) => new(
        process, Node: null, process.ExitCode, process.Name, process.OutOfMemoryScore, process.Memory.Space.Faults);

    /// <summary>Notes a process that runs, at a snapshot that has just been taken of it.</summary>
    public static KeptProcess OfRunning(UserProcess process, SnapshotNode node) => new(process, node, ExitCode: 0, "", 0, default);
}
