using Paging.Core.Composition;
using Paging.Core.Snapshots;
using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>A snapshot of either kind, as a <see cref="Rewind"/> uses it.</summary>
internal interface IRewindable : IDisposable
{
    /// <summary>Its node in the tree of snapshots.</summary>
    IStateNode Node { get; }

    /// <summary>The length of the host's state in it, in bytes.</summary>
    long HostStateLength { get; }

    /// <summary>False once it is gone.</summary>
    bool IsValid { get; }

    /// <summary>Restores it.</summary>
    Errno Restore();
}

/// <summary>The process or engine that a <see cref="Rewind"/> records.</summary>
internal abstract class RewindSubject
{
    /// <summary>The node that the live state came from; null while there is no snapshot.</summary>
    public abstract IStateNode? Current { get; }

    /// <summary>The pages that snapshots keep, in RAM, in memory of the host or on swap devices.</summary>
    public abstract long HeldPages { get; }

    /// <summary>The kept entries.</summary>
    public abstract long HeldEntries { get; }

    /// <summary>Checks and orders the callers.</summary>
    public abstract CallerCheck Callers { get; }

    /// <summary>Takes a snapshot, as the subject's own call does.</summary>
    public abstract Errno Take(out IRewindable? snapshot);

    /// <summary>A process.</summary>
    internal sealed class OfProcess(UserProcess process) : RewindSubject
    {
        public override IStateNode? Current => process.Snapshots?.Current;

        public override long HeldPages => process.Snapshots?.HeldCount ?? 0;

        public override long HeldEntries => process.Snapshots?.EntryCount ?? 0;

        public override CallerCheck Callers => process.Memory.Callers;

        public override Errno Take(out IRewindable? snapshot)
        {
            _ = process.TryTakeSnapshot(out Snapshot? taken, out Errno error);
            snapshot = taken;
            return error;
        }
    }

    /// <summary>All processes of an engine.</summary>
    internal sealed class OfEngine(EngineParts parts, ProcessTable table) : RewindSubject
    {
        public override IStateNode? Current => parts.Contents.Current;

        public override long HeldPages => parts.Contents.HeldCount + table.Snapshots.Sum(static tree => tree.HeldCount);

        public override long HeldEntries => table.Snapshots.Sum(static tree => tree.EntryCount);

        public override CallerCheck Callers => parts.Machine.Callers;

        public override Errno Take(out IRewindable? snapshot)
        {
            Errno error = EngineSnapshot.Take(parts, table, out EngineSnapshot? taken);
            snapshot = taken;
            return parts.Machine.Callers.Leave(error);
        }
    }
}
