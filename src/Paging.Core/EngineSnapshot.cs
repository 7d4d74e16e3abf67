using System.Diagnostics;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>All processes of an engine, and the memory that they share, as they were at one moment.</summary>
/// <remarks>
/// Taking one copies no page. <see cref="Restore"/> costs O(changes since), in all processes together. Snapshots of the engine form a
/// tree, as those of a process do, and both kinds can be used side by side: a snapshot of the engine is one in the tree of each process.
/// Restored are:
/// each process, as by <see cref="Snapshot"/>;
/// the set of processes: one that was created since ends, one that exited or was reaped since runs again, as the same object with the
/// same number, and the next process gets the number that it would have had;
/// shared anonymous memory, memory files and files of huge pages: bytes, length and seals. The first write to a page copies it, in memory
/// of the host.
/// Not restored are: processes of another system (Windows), which run on, and the memory that only they share, although what they have
/// written to a memory file goes back with it; the contents of files with a backing, which others may have read; files that the
/// host has created, disposed or
/// opened since; memory of the host (<see cref="EngineFiles.CreateHostMemoryFile"/>), and frames that it has taken
/// (<see cref="EngineFrames.TryTake"/>); groups, swap devices, options; the state of reclaim; dirty logs and userfaultfds of a
/// process that has exited since, and snapshots that the host took of it alone. Counters of the machine, and
/// <see cref="PagingEngine.Faults"/>, are a history and only grow.
/// Huge pages of the pool and files of them are restored like other memory, and so is the pool: its free and its reserved pages. The first
/// write to a huge page, and its unmapping, copy the whole of it to memory of the host. A file that the host has made since stays.
/// While there is a snapshot of the engine: the rules of Snapshot for pages hold for all processes; a process that exits frees the pages
/// that it has made since, and keeps page tables and pages of the snapshot, which is why <see cref="OutOfMemoryPolicy.Kill"/> spares one
/// whose end would free nothing; huge pages of shared memory are mapped by small entries.
/// </remarks>
[DebuggerDisplay("snapshot of {ProcessCount} processes")]
public sealed class EngineSnapshot : IDisposable, IRewindable
{
    private readonly EngineParts _parts;
    private readonly ProcessTable _table;
    private readonly KeptProcess[] _processes;
    private readonly ContentNode _contents;
    private readonly FaultCounters _endedFaults;
    private readonly int _nextId;
    private long _reapedCount;    // when the engine was at the snapshot last
    private readonly KeptPoolFile[] _poolFiles;
    private readonly KeptPoolSize _poolSize;

    internal EngineSnapshot(
        EngineParts parts, ProcessTable table, KeptProcess[] processes, ContentNode contents, KeptPoolFile[] poolFiles)
    {
        (_parts, _table, _processes, _contents, _poolFiles) = (parts, table, processes, contents, poolFiles);
        HugePool pool = parts.Machine.HugePool;
        _poolSize = new(pool.Surplus, pool.Reserved - pool.Free);
        (_endedFaults, _nextId, _reapedCount) = (table.EndedFaults, table.NextId, table.ReapedCount);
        table.EngineSnapshots.Add(contents, this);
        foreach (KeptProcess kept in processes) kept.Process.Keep();    // an exit then keeps what a restore needs
    }

    /// <summary>Takes a snapshot of all processes, as <see cref="PagingEngine.TryTakeSnapshot"/>.</summary>
    internal static Errno Take(EngineParts parts, ProcessTable table, out EngineSnapshot? snapshot)
    {
        snapshot = null;
        UserProcess[] processes = [.. table.All.Where(static process => process.Space.Foreign is null)];
        KeptBlocks blocks = parts.Machine.HugePool.Kept;
        blocks.SharesPinned = true;
        KeptPoolFile[]? poolFiles = parts.Snapshots.Pool.TakeFiles();
        KeptProcess[] kept = [];
        bool isKept = poolFiles is not null && TryKeep(processes, out kept);    // closes their huge pages to writes
        blocks.SharesPinned = false;
        if (!isKept)
        {
            parts.Snapshots.Pool.Release(poolFiles ?? []);
            return Errno.ENOMEM;
        }

        snapshot = new(parts, table, kept, parts.Contents.Take(), poolFiles!);    // cannot fail any more
        ProtectForeign(table);
        return Errno.None;
    }

    /// <summary>Makes the next writes of processes of another system to memory files fault, so that they are recorded (J5).</summary>
    /// <remarks>The snapshot of a process closes its tables for this; these processes have none.</remarks>
    private static void ProtectForeign(ProcessTable table)
    {
        for (int slot = 0; slot < table.SlotCount; slot++)
        {
            Space space = table.InSlot(slot).Space;
            if (space.Foreign is not null) space.ProtectFromWrites(space.Tables.UserPages);
        }
    }

    /// <summary>Takes a snapshot of each process, or of none.</summary>
    private static bool TryKeep(UserProcess[] processes, out KeptProcess[] kept)
    {
        kept = new KeptProcess[processes.Length];
        for (int i = 0; i < processes.Length; i++)
        {
            UserProcess process = processes[i];
            if (process.HasExited)
            {
                kept[i] = KeptProcess.OfExited(process);
                continue;
            }

            if (process.TakeNode() is { } node)
            {
                kept[i] = KeptProcess.OfRunning(process, node);
                continue;
            }

            foreach (KeptProcess done in kept.AsSpan(0, i))
                if (done.Node is not null) done.Process.Snapshots!.Drop(done.Node);
            return false;
        }

        return true;
    }

    IStateNode IRewindable.Node => _contents;

    long IRewindable.HostStateLength => _processes.Sum(static kept => (long?)kept.Node?.HostState?.Length ?? 0);

    /// <summary>False after <see cref="Dispose"/>.</summary>
    public bool IsValid => _contents.IsNamed;

    /// <summary>The number of its processes, including those that had exited and not been reaped.</summary>
    public int ProcessCount => _processes.Length;

    /// <summary>The snapshot that the engine was at when this one was taken; null if there was none, or if it is dropped.</summary>
    public EngineSnapshot? Parent
    {
        get
        {
            ContentNode? node = _contents.Parent;
            while (node is { IsNamed: false }) node = node.Parent;    // a dropped node stays while it joins others
            return node is null ? null : _table.EngineSnapshots[node];
        }
    }

    /// <summary>Same as <see cref="Snapshot.KeepsWrittenPages"/>, for each process of the snapshot.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public bool KeepsWrittenPages
    {
        get
        {
            using SlowPathHold hold = _parts.Machine.Callers.Hold();
            Enter();
            return field;
        }

        set
        {
            using SlowPathHold hold = _parts.Machine.Callers.Hold();
            Enter();
            field = value;
            foreach (KeptProcess kept in _processes) kept.Node?.KeepsWritten = value;
        }
    }

    /// <summary>The number of pages that <see cref="Restore"/> would visit, in all processes and in shared memory.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public long DirtyPageCount
    {
        get
        {
            using SlowPathHold hold = _parts.Machine.Callers.Hold();
            Enter();
            long count = _parts.Contents.CountDirty(_contents) + _parts.Snapshots.Pool.CountChanged(_poolFiles);
            foreach (KeptProcess kept in _processes)
                if (kept.Node is not null) count += kept.Process.Snapshots!.CountDirty(kept.Node);    // no node: it had no pages any more
            return count;
        }
    }

    /// <summary>Restores the engine's processes to their state in the snapshot, which stays valid and can be restored again.</summary>
    /// <returns>
    /// ENOMEM: no frames for page tables, or for pages of shared memory that were dropped or swapped out since, or too few huge pages in
    /// the pool, because the host has made it smaller or holds some. EIO: a swap device could not read a page. On an error nothing has
    /// changed.
    /// </returns>
    /// <remarks>
    /// Cost: O(processes + pages and areas that have changed · log areas). No managed allocation when the engine is at this snapshot.
    /// Memory that the host has pinned stays pinned, and private pages are written in place (<see cref="UserProcess.TryPin"/>).
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public Errno Restore()
    {
        using SlowPathHold hold = _parts.Machine.Callers.Hold();
        Enter();
        Errno error = Prepare();
        if (error == Errno.None) RestoreAll();
        _ = _parts.Machine.Callers.Leave(error);    // first an exception of the host's state
        if (error == Errno.None && _parts.Snapshots.Checks.IsDue()) Check();
        return error;
    }

    private void Check()
    {
        foreach (KeptProcess kept in _processes)
        {
            if (kept.Node is not null && kept.Process.Snapshots!.FindDifference(kept.Node) is { } difference)
                throw new InvariantException($"J10: after a restore of the engine, in process {kept.Process.Id} {difference}.");
        }

        if (_parts.Contents.FindDifference(_contents) is { } changed)
            throw new InvariantException($"J10: after a restore of the engine {changed}.");
    }

    /// <summary>Writes all processes as they are in the snapshot, with all that they share.</summary>
    /// <param name="stream">
    /// Receives what <see cref="Snapshot.Save"/> writes of a process, for each of them, and shared memory once: memory files, shared
    /// anonymous memory, segments, and private pages that forks have not copied; the groups of processes with their limits, parents, and
    /// zombies with their exit codes.
    /// </param>
    /// <param name="pages">As for <see cref="Snapshot.Save"/>; for <see cref="SavedProcesses.ResumeAll"/>.</param>
    /// <param name="nameOf">As for <see cref="Snapshot.Save"/>.</param>
    /// <remarks>
    /// <see cref="SavedProcesses.LoadAll"/> makes processes of it, in this engine or another one. Groups are saved as they are now. Not
    /// saved are what a snapshot of the engine does not restore, and memory files that no process of it maps or has open. Cost: O(pages),
    /// and the way to the snapshot and back.
    /// </remarks>
    /// <exception cref="NotSupportedException">As <see cref="Snapshot.Save"/>.</exception>
    /// <exception cref="InvalidOperationException">There is no memory to go to the snapshot and back.</exception>
    /// <exception cref="IOException">The stream, or a swap device, has failed.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public void Save(Stream stream, Action<ReadOnlySpan<byte>>? pages = null, Func<int, string?>? nameOf = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(new(stream, pages, IsImage: false), nameOf);
    }

    /// <summary>Same as <see cref="Save"/>, for an image: without the marked bytes, which the image shares with its clones.</summary>
    internal void WriteImage(Stream stream, Action<ReadOnlySpan<byte>> pages, Func<int, string?>? nameOf) =>
        Write(new(stream, pages, IsImage: true), nameOf);

    /// <summary>Same as <see cref="WriteImage"/>, for one that has only the pages that its parent does not have.</summary>
    internal void WriteDelta(Stream stream, DeltaPages delta, Func<int, string?>? nameOf) =>
        Write(new(stream, Pages: null, IsImage: true, delta), nameOf);

    /// <summary>Takes the slow path, for several calls.</summary>
    internal SlowPathHold Hold() => _parts.Machine.Callers.Hold();

    /// <summary>The marked bytes of each process; null where there are none.</summary>
    internal ShadowNode?[] Shadows => [.. _processes.Select(static kept => kept.Node?.State.Shadow)];

    private void Write(in SavedTarget target, Func<int, string?>? nameOf)
    {
        using SlowPathHold hold = _parts.Machine.Callers.Hold();
        Enter();
        AttachedState[] attached = [.. _table.All.Concat(_processes.Select(static kept => kept.Process))
            .Select(static process => process.Space.Attached).OfType<AttachedState>()];
        foreach (AttachedState one in attached) one.IsHeld = true;    // there and back is no restore for the host
        try
        {
            SaveAndRestore(target, nameOf);
        }
        finally
        {
            foreach (AttachedState one in attached) one.IsHeld = false;
        }
    }

    private void SaveAndRestore(in SavedTarget target, Func<int, string?>? nameOf)
    {
        _ = Take(_parts, _table, out EngineSnapshot? taken);    // the way back
        using EngineSnapshot now = taken ?? throw NoMemory();
        if (Restore() != Errno.None) throw NoMemory();
        bool isBack;
        try
        {
            new SavedEngine(_parts, _table.All, _processes, nameOf).Write(target);
        }
        finally
        {
            isBack = now.Restore() == Errno.None;    // also after an exception of the stream
        }

        if (!isBack) throw new NoMemoryException("The engine is at the saved snapshot: there are no frames for the way back.");
    }

    private static NoMemoryException NoMemory() => new("Cannot save the snapshot of the engine: there is no memory to go there and back.");

    /// <summary>Drops the snapshot, in any order. The processes and other snapshots do not change.</summary>
    /// <remarks>Cost: O(processes + pages and areas that it keeps).</remarks>
    public void Dispose()
    {
        if (!IsValid || !_parts.Machine.Callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            if (IsValid) Drop();    // another thread may have disposed it
        }
    }

    private void Drop()
    {
        foreach (KeptProcess kept in _processes)
        {
            if (kept.Node is not null) kept.Process.Snapshots!.Drop(kept.Node);
            kept.Process.Release();    // after the drop: the last one may end the tree itself
        }

        _table.EngineSnapshots.Remove(_contents);
        _parts.Contents.Drop(_contents);
        _parts.Snapshots.Pool.Release(_poolFiles);
    }

    // Does everything that may fail. It may leave empty tables and pages of zeros, which no process can see.
    private Errno Prepare()
    {
        foreach (KeptProcess kept in _processes)
            if (kept.Node is not null && !kept.Process.Snapshots!.TryPrepare(kept.Node)) return Errno.ENOMEM;
        if (!TryPreparePool()) return Errno.ENOMEM;
        Errno error = _parts.Contents.Prepare(_contents);    // last: it undoes itself if it fails, and nothing after it fails
        if (error != Errno.None) _parts.Snapshots.Pool.Cancel();
        return error;
    }

    private bool TryPreparePool()
    {
        if (_poolFiles.Length == 0 && _parts.Files.OpenFiles.HugeCount == 0) return true;    // every area of the pool has a file
        PoolRestore pool = _parts.Snapshots.Pool;
        foreach (KeptPoolFile file in _poolFiles) pool.Add(file);
        IEnumerable<DescriptorTable> descriptors = _table.All.Select(static process => process.Descriptors);
        LaterPoolFiles later = new(_parts.Files.OpenFiles, _parts.Machine.Areas);
        foreach (FileObject file in later.Find(_poolFiles, descriptors, hasOthers: _table.ProcessSnapshots.Count != 0))
            pool.Add(new KeptPoolFile(file, []));
        foreach (UserProcess process in _table.All)
        {
            if (process.Space.Foreign is not null || process.HasExited) continue;
            int at = Array.FindIndex(_processes, kept => kept.Process == process);
            pool.Add(process.Space, at < 0 ? null : _processes[at].Node?.Pool);
        }

        foreach (KeptProcess kept in _processes)
            if (kept.Process.HasExited && kept.Node is { Pool: { } target }) pool.Add(kept.Process.Space, target);
        return pool.TryPrepare(_poolSize);
    }

    private void RestorePoolFiles()
    {
        PoolRestore pool = _parts.Snapshots.Pool;
        if (!pool.IsOpen) return;
        foreach (KeptProcess kept in _processes)
        {
            if (kept.Node is null) kept.Process.Revive(kept);    // it ends, and gives back what it has
            else kept.Process.Snapshots!.StripPool(kept.Node);
        }

        pool.RestoreFiles();
    }

    // Bytes first, because entries lead to cached pages. Pages that the snapshot does not have go last, when no entry leads to them.
    private void RestoreAll()
    {
        _parts.Contents.RestoreTo(_contents);
        _table.ReapAllBut(_processes);
        bool hasReaped = _table.ReapedCount != _reapedCount;    // else each process keeps its own history: O(1) instead of O(processes)
        FaultCounters history = hasReaped ? _table.FaultHistory : default;
        RestorePoolFiles();
        foreach (KeptProcess kept in _processes) kept.Process.Revive(kept);
        if (_parts.Snapshots.Pool.IsOpen) _parts.Snapshots.Pool.End();
        _parts.Contents.Finish(_contents);
        ProtectForeign(_table);
        _table.RestoreNextId(_nextId);
        if (hasReaped) _table.RestoreEndedFaults(_endedFaults, history);
        _reapedCount = _table.ReapedCount;
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(!IsValid, this);
        _parts.Machine.Callers.Enter();
        ObjectDisposedException.ThrowIf(_table.IsDisposed, typeof(PagingEngine));
    }
}

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
