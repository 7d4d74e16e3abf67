using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>A process as it was at one moment: its memory, areas, break, limits, usage and descriptors, and the
/// host's state of its own (<see cref="UserProcess.HostState"/>).</summary>
/// <remarks>
/// Taking one copies nothing. The process runs on, and the first write to each page is a copy on write. <see cref="Restore"/> costs
/// O(changes since), not O(memory). Snapshots form a tree: one that is taken after another one is its child, and the
/// process can go to any of them, as often as it likes.
/// Not part of a snapshot: the contents of files and of shared memory, which other processes see as well; the file itself of a
/// descriptor (its position is); the state of reclaim. A page that was swapped out since stays on the device, and a page of a file that
/// is no longer in the page cache is mapped again by the next access. The "referenced" marks of pages are the machine's and do not change.
/// <see cref="AddressSpace.Usage"/> is state, and is restored; <see cref="AddressSpace.Faults"/> is a history and only grows.
/// Observing does not count as a change: opening or collecting a dirty log, clear_refs, and write protection by a userfaultfd add no page
/// to a snapshot. Soft-dirty marks and that protection are restored.
/// Transparent huge pages stay whole: a snapshot keeps a leaf as it keeps a page. A write splits it and copies one small page, as after
/// fork, and a restore joins the pages again, unless reclaim or compaction has moved one (docs/HUGE.md). Huge pages are made while there
/// is a snapshot as they are without one. Private pages of the pool stay whole, too: the first write to one copies all of it to memory of
/// the host, so the pool does not shrink.
/// The frames that only snapshots keep are on the reclaim lists: unused ones go to swap, and a swap device that is switched off gives its
/// kept pages back. Advice about a kept page (MADV_FREE, COLD, PAGEOUT) does what it does without a snapshot.
/// Pages that the host has pinned are copied when a snapshot is taken, and written in place by a restore
/// (<see cref="UserProcess.TryPin"/>).
/// A forked child has no snapshots. A process that exits or executes a program gives up its memory, and its snapshots with it.
/// </remarks>
[DebuggerDisplay("snapshot of {Process.Name}")]
public sealed class Snapshot : IDisposable, IRewindable
{
    private readonly SnapshotTree _tree;
    private readonly SnapshotNode _node;
    private bool _isDisposed;    // by the host, not with the process

    internal Snapshot(UserProcess process, SnapshotTree tree, SnapshotNode node)
    {
        Process = process;
        _tree = tree;
        _node = node;
    }

    /// <summary>The process.</summary>
    public UserProcess Process { get; }

    IStateNode IRewindable.Node => _node;

    long IRewindable.HostStateLength => _node.HostState?.Length ?? 0;

    /// <summary>The marked bytes; null: there were none.</summary>
    internal ShadowNode? Shadow => _node.State.Shadow;

    /// <summary>The host's state as it was (<see cref="UserProcess.HostState"/>); empty without one.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public ReadOnlyMemory<byte> HostState
    {
        get
        {
            using SlowPathHold hold = Process.Memory.Callers.Hold();
            Enter();
            return _node.HostState;
        }
    }

    /// <summary>False after <see cref="Dispose"/>, and after the process has ended.</summary>
    public bool IsValid => _node.IsNamed;

    /// <summary>
    /// True: pages that the process writes in each iteration keep their frames in a restore, and their bytes are copied back. A
    /// later write to one is then no fault, which makes an iteration of a fuzzer a fifth shorter. False by default.
    /// </summary>
    /// <remarks>
    /// What differs: such a page keeps its frame beside that of the snapshot, so both are in use; later writes to it count no fault and
    /// no copy, and record no event of one; a page of an image (<see cref="ProcessImage"/>) stays resident; and bytes written through a
    /// span from before the restore show. Everything else, and every byte, is as without it. A page stays from its second iteration with a
    /// write on, until eight to sixteen iterations have passed without one. It has no effect in an engine with
    /// <see cref="EngineOptions.AllowThreads"/>, nor on the way to another snapshot than the one that the process has come from.
    /// Cost: 2 ns for each such page that was not written.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public bool KeepsWrittenPages
    {
        get
        {
            using SlowPathHold hold = Process.Memory.Callers.Hold();
            Enter();
            return _node.KeepsWritten;
        }

        set
        {
            using SlowPathHold hold = Process.Memory.Callers.Hold();
            Enter();
            _node.KeepsWritten = value;
        }
    }

    /// <summary>The snapshot that the process was at when this one was taken; null if there was none, or if it is dropped.</summary>
    public Snapshot? Parent
    {
        get
        {
            for (SnapshotNode? node = _node.Parent; node is not null; node = node.Parent)
                if (Process.SnapshotAt(node) is { } parent) return parent;    // no other: dropped, or of the whole engine
            return null;
        }
    }

    /// <summary>The number of pages that <see cref="Restore"/> would visit: those whose entries differ on the way to this one.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public PageCount DirtyPages
    {
        get
        {
            using SlowPathHold hold = Process.Memory.Callers.Hold();
            Enter();
            return new((uint)Math.Min(_tree.CountDirty(_node), PageCount.AddressSpace.Value));    // a page counts once for each edge
        }
    }

    /// <summary>Restores the process to its state in the snapshot, which stays valid and can be restored again.</summary>
    /// <returns>
    /// ENOMEM: no frames for page tables, or others have taken pages of the pool that the process had; nothing has changed. Without memory
    /// of the pool only for a snapshot that the process has not come from: a restore of the current one or of an ancestor needs no memory.
    /// </returns>
    /// <remarks>
    /// Cost: O(pages and areas that have changed · log areas). No managed allocation when the process is at this snapshot.
    /// Spans of pages that have changed no longer show the process's memory. Pinned pages do, because a restore writes into their frames.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The snapshot is gone.</exception>
    public Errno Restore()
    {
        using SlowPathHold hold = Process.Memory.Callers.Hold();
        Enter();
        Errno error = _tree.RestoreTo(_node);
        if (error == Errno.None) Process.RestoreIdentity(_node);
        _ = Process.Leave(error);    // first an exception of the host's state
        if (error == Errno.None) Process.CheckRestore(_tree, _node);
        return error;
    }

    /// <summary>Writes the process as it is in the snapshot, and the memory that it shares as it is now.</summary>
    /// <param name="stream">
    /// Receives areas, limits, break, usage, descriptors, the host's state, the marks and settings of a <see cref="ByteShadow"/>, and every
    /// page with content, swapped or not: private ones, and those of memory files, shared anonymous memory and segments that the process
    /// maps or has open.
    /// </param>
    /// <param name="pages">
    /// Receives the bytes of the pages that are not all zeros, in the order in which the loader expects them as slots 0, 1, 2 …
    /// (<see cref="SavedProcesses.Resume"/>). The stream then has some hundred bytes, and twelve for each run of pages. Null: the
    /// stream receives the bytes as well.
    /// </param>
    /// <param name="nameOf">
    /// The name that the loader will be asked for, by <see cref="GuestFile.Id"/>; null: a file's own name. Memory that processes share
    /// is saved without a name, as a copy. A name for it means that its bytes are not saved, and that the loader's caller supplies it
    /// (<see cref="SavedProcesses.AdoptPages"/>), for example because several processes are saved that share it.
    /// </param>
    /// <remarks>
    /// <see cref="SavedProcesses.Load"/> makes a process of it, in this engine or another one. Saved by name, for which the loader is
    /// asked, are files with a backing, directories, pagers, devices, ROM, and memory and frames of the host. What is the host's or the
    /// engine's stays: counters, other snapshots, watchpoints, dirty logs, swap devices. docs/EMBEDDING.md has the table.
    /// Cost: O(pages), and the way to the snapshot and back; pages of zeros cost twelve bytes for up to 256.
    /// Exceptions of the sink reach the caller.
    /// </remarks>
    /// <exception cref="NotSupportedException">
    /// Two files or devices that are saved by name have the same one; or the process has what cannot be saved: memory that is
    /// registered with a userfaultfd.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no memory to go to the snapshot and back.</exception>
    /// <exception cref="IOException">The stream, or a swap device, has failed.</exception>
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

    private void Write(in SavedTarget target, Func<int, string?>? nameOf)
    {
        using SlowPathHold hold = Process.Memory.Callers.Hold();
        Enter();
        AttachedState? attached = Process.Space.Attached;
        attached?.IsHeld = true;
        try
        {
            SaveAndRestore(target, nameOf);
        }
        finally
        {
            attached?.IsHeld = false;
        }
    }

    private void SaveAndRestore(in SavedTarget target, Func<int, string?>? nameOf)
    {
        using Snapshot now = Process.TakeSnapshot();    // the way back
        if (Restore() != Errno.None) throw new NoMemoryException("Cannot save the snapshot: no frames for its page tables.");
        bool isBack;
        try
        {
            Process.WriteMemory(target, nameOf, _node.HostState);
        }
        finally
        {
            isBack = now.Restore() == Errno.None;    // also after an exception of the stream
        }

        if (!isBack) throw new NoMemoryException("The process is at the saved snapshot: there are no frames for the way back.");
    }

    /// <summary>Drops the snapshot, in any order. The process and its other snapshots do not change.</summary>
    /// <remarks>Cost: O(pages and areas that it keeps).</remarks>
    public void Dispose()
    {
        if (!IsValid || !Process.Memory.Callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            if (!IsValid) return;    // another thread has disposed it
            _isDisposed = true;
            Process.DropSnapshot(_node);
        }
    }

    private void Enter()
    {
        if (!IsValid) ThrowGone();
        Process.Memory.Enter();
    }

    [DoesNotReturn]
    private void ThrowGone() => throw new ObjectDisposedException(typeof(Snapshot).FullName, _isDisposed
        ? "The snapshot was disposed." : "The snapshot is gone: its process has exited, executed a program or was reaped.");
}
