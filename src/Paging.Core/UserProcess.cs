using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>A process: a number, a name, a parent, descriptors and its own address space.</summary>
/// <remarks>
/// <see cref="Exit"/> frees the memory and leaves a zombie that keeps its exit code. <see cref="Dispose"/> reaps the zombie. The memory
/// and the files of a reaped process throw <see cref="ObjectDisposedException"/>; its number, name and exit code can still be read.
/// Linux: struct task_struct.
/// </remarks>
[DebuggerDisplay("{Id} {Name}")]
public sealed class UserProcess : IDisposable
{
    private const int KilledExitCode = 128 + 9;    // SIGKILL

    private readonly EngineParts _parts;
    private readonly ProcessTable _table;
    private AddressSpace? _memory;    // made when the host first asks for it, as the next one: a fork makes neither
    private ProcessDescriptors? _files;

    internal UserProcess(EngineParts parts, ProcessTable table, Space space, DescriptorTable descriptors)
    {
        _parts = parts;
        _table = table;
        Space = space;
        Descriptors = descriptors;
        if (parts.Machine.Callers.Shared is not null) MakeMemory();    // with many threads, before another one can ask for it
    }

    /// <summary>The process number: 1, 2, 3, … in the order of creation. Never reused.</summary>
    public int Id { get; private set; }

    /// <summary>The name in reports.</summary>
    public string Name
    {
        get => _name;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            using SlowPathHold hold = _parts.Machine.Callers.Hold();
            _name = value;
        }
    }

    // Set by operations of the engine, too, which go on to their end although a callback's exception may be waiting. So is Score.
    private string _name = "";

    /// <summary>The number of the process that forked it; 0 if the host created it.</summary>
    public int ParentId { get; private set; }

    /// <summary>Its address space and the memory calls.</summary>
    public AddressSpace Memory => _memory ?? MakeMemory();

    /// <summary>Its descriptors and the file calls.</summary>
    public ProcessDescriptors FileDescriptors => _files ?? MakeFiles();

    /// <summary>The group that its memory is charged to.</summary>
    public MemoryGroup Group => _parts.Reclaim.Groups.Find(Space.Group.Number) ?? _parts.Reclaim.Groups.Root;

    /// <summary>True after <see cref="Exit"/>.</summary>
    public bool HasExited => Space.Life is ProcessLife.Exited or ProcessLife.Reaped;

    /// <summary>The preference for ending it when memory is exhausted: −1000 never, 1000 first. Children inherit it.</summary>
    /// <remarks>Linux: oom_score_adj.</remarks>
    public int OutOfMemoryScore
    {
        get => Score;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1000);
            ArgumentOutOfRangeException.ThrowIfLessThan(value, -1000);
            using SlowPathHold hold = _parts.Machine.Callers.Hold();
            Score = value;
        }
    }

    /// <summary>The same, for operations of the engine.</summary>
    internal int Score { get; set; }

    /// <summary>The exit code passed to <see cref="Exit"/>.</summary>
    public int ExitCode { get; private set; }

    /// <summary>
    /// State of the host that goes with the process's snapshots: saved when one is taken, restored with it. Null: there is none.
    /// </summary>
    /// <remarks>
    /// Setting it on a process that was loaded or cloned from one with a state restores that state at once. A snapshot taken without a
    /// state leaves the host's as it is. A forked child has none.
    /// </remarks>
    public IHostState? HostState
    {
        get
        {
            using SlowPathHold hold = _parts.Machine.Callers.Hold();
            return Space.Attached?.Host;
        }

        set
        {
            using SlowPathHold hold = _parts.Machine.Callers.Hold();
            Space.ThrowIfEnded();
            if (value is null && Space.Attached is null) return;
            AttachedOf(Space).Host = value;
            _parts.Machine.Callers.Leave();
        }
    }

    internal EngineParts Parts => _parts;

    internal DescriptorTable Descriptors { get; }

    /// <summary>The state of its address space; an empty one after it has been reaped.</summary>
    internal Space Space { get; private set; }

    /// <summary>Its snapshots; null until the first one is taken.</summary>
    internal SnapshotTree? Snapshots { get; private set; }

    /// <summary>The number of snapshots of the engine that can bring the process back.</summary>
    internal int KeptCount { get; private set; }

    /// <summary>True for a process that runs, and for a zombie.</summary>
    internal bool IsInUse => Space.Life is ProcessLife.Live or ProcessLife.Exited;

    /// <summary>True once the host has received the process; from then on its objects are never reused.</summary>
    internal bool HasBegun => Space.Life != ProcessLife.Unused;

    /// <summary>Creates a child with a copy-on-write copy of the memory. No page is copied yet.</summary>
    /// <exception cref="NoMemoryException">
    /// There is no memory for the child's tables and areas. <see cref="Fork(out UserProcess?)"/> returns an error instead.
    /// </exception>
    public UserProcess Fork() => Fork(out UserProcess? child) == Errno.None
        ? child!
        : throw new NoMemoryException("Cannot fork: the engine has no memory for the child's page tables or areas.");

    /// <summary>Creates a child, as fork(2) does.</summary>
    /// <returns>ENOMEM: no memory for the child; nothing has changed.</returns>
    public Errno Fork(out UserProcess? child)
    {
        using SlowPathHold hold = _parts.Machine.Callers.Hold();
        Space.ThrowIfEnded();
        Space.ThrowIfForeign();
        return _parts.Machine.Callers.Leave(_table.Fork(this, out child) ? Errno.None : Errno.ENOMEM);
    }

    /// <summary>Takes a snapshot, which can be restored.</summary>
    /// <exception cref="NoMemoryException">There is no memory for it. <see cref="TryTakeSnapshot"/> returns an error.</exception>
    public Snapshot TakeSnapshot() => TryTakeSnapshot(out Snapshot? snapshot, out _) ? snapshot
        : throw new NoMemoryException("Cannot take a snapshot: the host has no memory for its journal.");

    /// <summary>Takes a snapshot as <see cref="TakeSnapshot"/>. Returns false and the error if it cannot be taken.</summary>
    /// <param name="snapshot">The snapshot, or null.</param>
    /// <param name="error">
    /// ENOMEM: the host has no memory for it, or RAM no frames for copies of pinned pages (<see cref="TryPin"/>). Nothing has changed then.
    /// </param>
    /// <remarks>
    /// Cost: O(page tables + open descriptors), and O(pages and areas that have changed since the last snapshot). Copies only
    /// pages that are pinned.
    /// </remarks>
    public bool TryTakeSnapshot([NotNullWhen(true)] out Snapshot? snapshot, out Errno error)
    {
        using SlowPathHold hold = _parts.Machine.Callers.Hold();
        Space.ThrowIfEnded();
        Space.ThrowIfForeign();
        snapshot = null;
        SnapshotNode? node = TakeNode();
        if (node is not null) _table.ProcessSnapshots.Add(node, snapshot = new(this, Snapshots!, node));
        error = Leave(node is null ? Errno.ENOMEM : Errno.None);
        return snapshot is not null;
    }

    /// <summary>Opens a list of states of the process, to be recorded.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Rewind OpenRewind(RewindOptions? options = null) => new(new RewindSubject.OfProcess(this), options);

    /// <summary>The snapshot of the process alone whose node this is; null if there is none, or if it was dropped.</summary>
    internal Snapshot? SnapshotAt(SnapshotNode node) => _table.ProcessSnapshots.GetValueOrDefault(node);

    /// <summary>Drops a snapshot of the process alone.</summary>
    internal void DropSnapshot(SnapshotNode node)
    {
        _table.ProcessSnapshots.Remove(node);
        Snapshots!.Drop(node);
    }

    /// <summary>Says why the process cannot be kept in a way now; null if it can.</summary>
    internal string? FindObstacle(KeepingWay way) => HasExited ? null
        : KeptParts.FindObstacle(way, new PartSearch(Space, _name));

    /// <summary>Takes a snapshot as a node of the tree. Returns null, and has changed nothing, if there is no memory.</summary>
    internal SnapshotNode? TakeNode()
    {
        byte[]? state = null;
        if (Space.Attached?.TrySave(out state) == false) return null;
        Snapshots ??= new(_parts.Snapshots, Space, Descriptors);
        SnapshotNode? node = Snapshots.Take(Name, OutOfMemoryScore);
        node?.HostState = state;
        return node;
    }

    /// <summary>Replaces the memory of a process by an empty one: the point of no return of execve(2). Linux: fs/exec.c.</summary>
    /// <param name="name">Its new name.</param>
    /// <param name="isTopDown">True if mmap(2) searches downwards from <paramref name="mmapBase"/>, false if upwards.</param>
    /// <param name="mmapBase">The page at which the search begins.</param>
    /// <returns>ENOMEM: no frame for the page directory. The process has exited then, as after SIGKILL (code 137).</returns>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mmapBase"/> lies above the highest page.</exception>
    /// <remarks>Cost: O(areas + present pages) of the old memory. Linux: begin_new_exec, setup_new_exec.</remarks>
    public Errno ReplaceMemory(string name, bool isTopDown, PageNumber mmapBase)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mmapBase, Space.Bounds.End);
        Errno error = Replace(name, new() { IsTopDown = isTopDown, MmapBase = mmapBase });
        if (error != Errno.None) Exit(KilledExitCode);    // it has no page directory
        return error;
    }

    private Errno Replace(string name, in MemoryLayout layout)
    {
        using SlowPathHold hold = Memory.Hold();
        Space space = Space;
        FaultCounters faults = space.Faults;    // Linux counts them by task, not by mm_struct
        TransparentPolicy policy = space.HugeLines.Policy;    // inherited by the new mm_struct (mmf_init_flags)
        EndMemory();
        if (!TryBeginMemory(layout, space.Limits, space.Group)) return Leave(Errno.ENOMEM);
        space.Faults = faults;
        space.HugeLines.Policy = policy;
        space.Inherit(space);
        Name = name;
        return Leave(Errno.None);
    }

    /// <summary>Brings the pages of a range into RAM and keeps their frames until the pin is disposed, as FOLL_PIN does.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="byteLength">The number of bytes, at least one.</param>
    /// <param name="access">
    /// The host's use of the memory. A pin for reading cannot be written through, since its frames may be shared; one for writing is a
    /// <see cref="WritablePin"/> (<see cref="TryPinForWriting"/>).
    /// </param>
    /// <param name="pinned">The pin; null if there was a fault.</param>
    /// <param name="fault">The fault of the first page that cannot be pinned. After a fault nothing is pinned.</param>
    /// <returns>
    /// False if there was a fault. Pages of devices and of the host's memory, and watched pages cannot be pinned: their fault is
    /// <see cref="MemoryFaultKind.Device"/>. A pin in a huge page of the pool holds all of that page; a
    /// fork shares it, where Linux copies it, so that the process's next write leaves it to the pin and the child.
    /// </returns>
    /// <remarks>
    /// A pinned page is neither reclaimed nor replaced by a copy: fork copies it for the child. A private page that the process may
    /// write is made its own first, even for reading. If the process unmaps, discards or truncates pinned memory, the pin keeps the
    /// frames, which the process then no longer sees. A snapshot copies pinned private pages, because the host may write them at any
    /// time; a restore writes into the pinned frames, so the pin stays with the process. It does not if the snapshot has no private page
    /// in RAM there, or a child maps the frame as well.
    /// Cost: a fault or a translation per page, and O(pins) per fork. The host's writes show in dirty logs when the memory is pinned,
    /// in those of frames also when it is unpinned.
    /// Linux: pin_user_pages (Documentation/core-api/pin_user_pages.rst).
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The length is 0, or the range goes beyond the user half.</exception>
    public bool TryPin(
        VirtualAddress start, uint byteLength, AccessKind access, out PinnedMemory? pinned, out MemoryFault fault) =>
        PinnedMemory.TryPin(this, start, byteLength, access, out pinned, out fault);

    /// <summary>
    /// Pins pages on behalf of another process, up to the first that cannot be accessed, as process_vm_readv(2) and process_vm_writev(2)
    /// do.
    /// </summary>
    /// <param name="start">The first byte.</param>
    /// <param name="byteLength">The number of bytes, at least 1.</param>
    /// <param name="isWritten">True to write to the pages.</param>
    /// <param name="fault">The fault of the first page that is not pinned; none if all are.</param>
    /// <returns>The pinned pages, perhaps none. Disposing of them ends the pins.</returns>
    /// <remarks>
    /// A read needs PROT_READ, no area grows, and memory of devices and of the host is refused. A private page that a fork shares is
    /// copied, even for reading. Linux: pin_user_pages_remote, check_vma_flags, gup_must_unshare.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The length is 0.</exception>
    public RemotePages PinRemotely(VirtualAddress start, uint byteLength, bool isWritten, out MemoryFault fault) =>
        RemotePages.Pin(this, start, byteLength, isWritten, out fault);

    /// <summary>Maps a range of the process's memory into the host as it is now, for reading through one pointer.</summary>
    /// <param name="range">The pages.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are none, or they go beyond the user half.</exception>
    /// <exception cref="InvalidOperationException">
    /// RAM lies in no file (<see cref="EngineOptions.ShareRam"/> is false); or the host has no room for so many addresses.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The host's pages are larger than 4 KiB.</exception>
    public FlatView OpenFlatView(PageRange range)
    {
        using SlowPathHold hold = Memory.HoldOfAnySystem();
        if (range.IsEmpty || (ulong)range.First.Value + range.Count.Value > Space.Tables.End.Value)
            throw new ArgumentOutOfRangeException(nameof(range), range, "A view has a page at least, all of them the user's.");
        if (Memory.Mmu.Ram.File is null)
            throw new InvalidOperationException("A flat view needs EngineOptions.ShareRam: RAM lies in no file.");
        return new(this, range);
    }

    /// <summary>Opens 4 GiB of the host's addresses in which native code loads and stores as the process does, without a call.</summary>
    /// <exception cref="InvalidOperationException">
    /// RAM lies in no file (<see cref="EngineOptions.ShareRam"/> is false); the process has a window; or the host has no room for so many
    /// addresses.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The host is no 64-bit Linux, or its pages are larger than 4 KiB.</exception>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public MemoryWindow OpenWindow()
    {
        using SlowPathHold hold = _parts.Machine.Callers.Hold();
        Space.ThrowIfEnded();
        if (Memory.Mmu.Ram.File is null)
            throw new InvalidOperationException("A window needs EngineOptions.ShareRam: RAM lies in no file.");
        if (Memory.Mmu.Window is not null)
            throw new InvalidOperationException("The process has a window already. Close it before another one is opened.");
        return new(Memory);
    }

    /// <summary>Same as <see cref="TryPin"/>, for a range that must be accessible.</summary>
    /// <exception cref="PageFaultException">A page cannot be pinned.</exception>
    public PinnedMemory Pin(VirtualAddress start, uint byteLength, AccessKind access) =>
        TryPin(start, byteLength, access, out PinnedMemory? pinned, out MemoryFault fault)
            ? pinned!
            : throw new PageFaultException(fault);

    /// <summary>Same as <see cref="TryPin"/> for writing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is 0, or the range goes beyond the user half.</exception>
    public bool TryPinForWriting(VirtualAddress start, uint byteLength, out WritablePin? pinned, out MemoryFault fault)
    {
        bool isDone = TryPin(start, byteLength, AccessKind.Write, out PinnedMemory? made, out fault);
        pinned = (WritablePin?)made;
        return isDone;
    }

    /// <summary>Same as <see cref="TryPinForWriting"/>, for a range that must be accessible.</summary>
    /// <exception cref="PageFaultException">A page cannot be pinned.</exception>
    public WritablePin PinForWriting(VirtualAddress start, uint byteLength) =>
        TryPinForWriting(start, byteLength, out WritablePin? pinned, out MemoryFault fault)
            ? pinned!
            : throw new PageFaultException(fault);

    /// <summary>
    /// For a processor that walks the tables itself and translates code ahead (<see cref="PhysicalMemory.TracksCode"/>): called when it has
    /// translated code of a page (<see cref="PhysicalMemory.MarkCode"/>). Removes write access from every mapping of the page's frame, so
    /// that the next store faults and is reported (<see cref="PhysicalMemory.HasChangedCode"/>).
    /// </summary>
    /// <returns>True if a mapping may have had the right: the processor has to flush its TLB.</returns>
    /// <remarks>Huge pages of the pool keep it. Cost: O(spaces and mappings of the frame).</remarks>
    public bool ProtectCode(PageNumber page)
    {
        using SlowPathHold hold = _parts.Machine.Callers.Hold();
        return _parts.Files.Code.Protect(Space, page);
    }

    /// <summary>Ends the process, and frees its memory and descriptors at once.</summary>
    public void Exit(int code = 0)
    {
        using SlowPathHold hold = _parts.Machine.Callers.Hold();
        End(code);
        _parts.Machine.Callers.Leave();
    }

    /// <summary>Same as <see cref="Exit"/>, also in the middle of another process's operation.</summary>
    internal void End(int code)
    {
        if (!Space.IsLive) return;
        ExitCode = code;
        Space.Enter(ProcessLife.Exited);
        Descriptors.CloseAll();
        EndMemory();
    }

    /// <summary>Ends the process if it still runs, and reaps it.</summary>
    public void Dispose()
    {
        if (!IsInUse || !_parts.Machine.Callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            if (IsInUse) Reap();    // another thread may have disposed it
            _parts.Machine.Callers.Leave();
        }
    }

    /// <summary>Same as <see cref="Dispose"/>, within another operation. A snapshot of the engine may bring the process back.</summary>
    internal void Reap()
    {
        End(code: 0);
        Space.Enter(ProcessLife.Reaped);
        _table.TakeBack(this);
    }

    /// <summary>Records one more snapshot of the engine that can bring the process back.</summary>
    internal void Keep() => KeptCount++;

    /// <summary>Records one snapshot less that can bring the process back. After the last one, frees the rest of the process.</summary>
    internal void Release()
    {
        if (--KeptCount != 0 || !HasExited) return;
        if (Space.Tables.HasDirectory) EndMemory();    // the journals' pages and tables that a restore would have needed
        if (!IsInUse) _table.GiveBack(this);
    }

    /// <summary>Restores the process, even if it has exited or was reaped. Precondition: the restore is prepared.</summary>
    internal void Revive(in KeptProcess kept)
    {
        if (kept.Node is null) End(kept.ExitCode);    // it runs again if an earlier snapshot was restored since
        Space space = Space;
        space.Enter(kept.Node is null ? ProcessLife.Exited : ProcessLife.Live);
        ExitCode = kept.ExitCode;
        if (kept.Node is null)
        {
            space.RestoreFaults(kept.Faults);
            (_name, Score) = (kept.Name, kept.OutOfMemoryScore);
            return;
        }

        if (Snapshots!.RestoreTo(kept.Node) != Errno.None)
            throw new InvariantException($"P2: process {Id} has no page tables to go back to, although they were made.");
        RestoreIdentity(kept.Node);
    }

    /// <summary>Called when the process has been reaped. Its objects then lead to an empty space.</summary>
    internal void Retire(Space reaped)
    {
        Space.Shadow = null;    // the next process has its own, and its own watchpoints and state
        Space.Attached = null;
        Space.Watched?.End();
        Space.Watched = null;
        Space = reaped;
        _memory?.Retire(reaped);
    }

    /// <summary>Called when the engine is disposed: every later access misses, and throws.</summary>
    internal void DetachMmu() => _memory?.Mmu.Detach();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AddressSpace MakeMemory()
    {
        lock (_table)    // tables have one cache, so another thread of the host must not make a second one
        {
            if (_memory is not null) return _memory;
            Mmu mmu = new(_parts.Machine.Translations, _parts.Access, Space);
            _parts.Machine.Observers.Include(Space);    // logs of frames that are open see the writes of the new MMU
            Space.Watched?.UpdateUncached();
            return _memory = new(_parts, mmu, Descriptors);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ProcessDescriptors MakeFiles()
    {
        ProcessDescriptors made = new(_parts.Machine.Callers, _parts.Io.Calls, Descriptors, Memory);
        return Interlocked.CompareExchange(ref _files, made, null) ?? made;
    }

    /// <summary>Creates the address space. Returns false if there is no frame for its directory.</summary>
    internal bool TryBeginMemory(in MemoryLayout layout, in ResourceLimits limits, FrameGroup group)
    {
        Space space = Space;
        if (space.Tables.HasDirectory)    // a program is executed, and a snapshot of the engine can bring back the old one
        {
            space.Reset(layout, limits);
            return true;
        }

        if (space.Group != group) (space.Group, space.Tables.Account) = (group, group);
        if (_parts.Machine.Lists.HasPolicy && _parts.Reclaim.Groups[group.Number].Reclaim.Policy is { WantsEveryAccess: true } policy)
            WatchedPages.Of(space, _parts.Machine.Callers).ReportTo(policy);
        return space.TryBegin(_parts.Machine.KernelHalf, layout, limits);
    }

    /// <summary>Frees the whole memory: every page, table and area. Linux: exit_mmap.</summary>
    internal void EndMemory()
    {
        _parts.Machine.Observers.End(Space);
        Space.Tables.Loans.ReturnAll();    // before the unmapping, which would copy them
        bool isKept = KeptCount != 0;
        if (isKept) DropOwnSnapshots();
        else EndSnapshots();    // before the unmapping, whose changes would all be noted
        Space.Userfaults?.End();    // before the unmapping, which is no event for them
        Space.Userfaults = null;
        Space.Foreign?.End();
        if (isKept) _parts.Calls.Unmap.RemoveAll(Space);    // into the journals
        else _parts.Calls.Unmap.RemoveEverything(Space);
    }

    /// <summary>Drops the snapshots of the process alone. Those of the engine stay.</summary>
    private void DropOwnSnapshots()
    {
        if (Snapshots is null) return;
        foreach (SnapshotNode node in Snapshots.Nodes.Where(_table.ProcessSnapshots.Remove).ToArray()) Snapshots.Drop(node);
    }

    private void EndSnapshots()
    {
        if (Snapshots is null) return;
        foreach (SnapshotNode node in Snapshots.Nodes) _table.ProcessSnapshots.Remove(node);
        Snapshots.End();
    }

    /// <summary>Saves the memory and the descriptors as they are now.</summary>
    internal void WriteMemory(in SavedTarget target, Func<int, string?>? nameOf, byte[]? hostState)
    {
        KeepingWay way = target.IsImage ? KeepingWay.Image : KeepingWay.Saved;
        if (FindObstacle(way) is { } obstacle) throw new NotSupportedException($"Cannot save the process: {obstacle}.");
        FilesToSave files = new(_parts.Files.OpenFiles, nameOf);    // before the first byte
        files.Add(Space);
        files.Add(Descriptors);
        SavedMachine machine = new()
        {
            Memories = [.. files.Memories.Select(SavedMemory.Of)],
            OpenFiles = files.OpenFiles,
            Processes = [SavedProcess.Of(new(Name, OutOfMemoryScore, Descriptors), Space, hostState, files)],
        };
        new SnapshotWriter(_parts.Machine.Ram, _parts.Snapshots, _parts.Machine.Callers, target)
            .Write(machine, files.Memories, [Space], shared: null);
    }

    private AttachedState AttachedOf(Space space) => space.Attached ??= new(_parts.Machine.Callers);

    /// <summary>Gives the process what was saved of it beside its memory, and ends it if it had exited.</summary>
    /// <param name="saved">The saved process.</param>
    /// <param name="files">Has opened its files.</param>
    /// <param name="parentId">The number of its parent; 0 if that is not saved.</param>
    internal void Adopt(SavedProcess saved, SavedAreas files, int parentId)
    {
        (Score, ParentId) = (saved.OutOfMemoryScore, parentId);
        files.Give(Descriptors, saved);
        if (saved.State.HostState is { } state) LoadHostState(state);
        if (saved.ExitCode is { } code) End(code);
    }

    /// <summary>Keeps the saved state of the host for the <see cref="HostState"/> that is attached next.</summary>
    internal void LoadHostState(byte[] state) => AttachedOf(Space).Load(state);

    /// <summary>Restores the state of the process itself from a snapshot.</summary>
    internal void RestoreIdentity(SnapshotNode node)
    {
        _name = node.Name;
        Score = node.OutOfMemoryScore;
        Space.Attached?.Restore(node.HostState);
    }

    /// <summary>Compares the restored memory with a copy, if it is to be checked (<see cref="EngineOptions.VerifyRestores"/>).</summary>
    /// <exception cref="InvariantException">It differs.</exception>
    internal void CheckRestore(SnapshotTree tree, SnapshotNode node)
    {
        if (_parts.Snapshots.Checks.IsDue() && tree.FindDifference(node) is { } difference)
            throw new InvariantException($"J10: after a restore of process {Id} {difference}.");
    }

    /// <summary>Ends an operation: an exception that a callback threw reaches the host here.</summary>
    internal Errno Leave(Errno result) => _parts.Machine.Callers.Leave(result);

    internal void Begin(int id, int parentId, string name)
    {
        Id = id;
        ParentId = parentId;
        _name = name;
        ExitCode = 0;
        Score = 0;
        Space.ProcessId = id;
        Space.ForgetFaultHistory();
        Space.Enter(ProcessLife.Live);
    }

    /// <summary>Undoes <see cref="Begin"/> after a fork that got no memory.</summary>
    internal void Abandon()
    {
        Descriptors.CloseAll();
        EndMemory();
    }
}
