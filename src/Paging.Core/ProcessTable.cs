using System.Diagnostics.CodeAnalysis;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core;

/// <summary>Every process of an engine: live ones, zombies, and slots for reuse.</summary>
/// <remarks>
/// Spaces and descriptor tables are reused, so that a fork allocates only what the host holds: the process, and address space, MMU and
/// files when the host asks for them. Those are never reused, so a stale one that the host still holds cannot reach the next process.
/// </remarks>
internal sealed class ProcessTable(EngineParts parts) : IDisposable
{
    /// <summary>The number of frames to free before the creation of a process is retried.</summary>
    private const uint FramesForAnotherTry = 256;

    private readonly List<UserProcess> _slots = [];
    private readonly List<DescriptorTable> _descriptors = [];    // of each slot; reused, as its space is
    private readonly Space _reaped = NewSpace(parts, default, ProcessLife.Reaped);    // the space of every reaped process
    private readonly Stack<uint> _free = new();
    private int _nextId = 1;    // 0 is the ParentId of processes that the host has created
    private FaultCounters _endedFaults, _undoneFaults;

    /// <summary>The fault counters of reaped processes.</summary>
    public FaultCounters EndedFaults => _endedFaults;

    /// <summary>All faults of all processes, also of those that a restore has undone: it only grows.</summary>
    public FaultCounters FaultHistory
    {
        get
        {
            FaultCounters sum = _endedFaults;
            sum.Add(_undoneFaults);
            for (int slot = 0; slot < _slots.Count; slot++)
                if (_slots[slot].IsInUse) sum.Add(_slots[slot].Space.FaultHistory);
            return sum;
        }
    }

    /// <summary>Counts the processes that run, and the zombies.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            for (int slot = 0; slot < _slots.Count; slot++) count += _slots[slot].IsInUse ? 1 : 0;
            return count;
        }
    }

    public int SlotCount => _slots.Count;

    public UserProcess InSlot(int slot) => _slots[slot];

    public bool IsDisposed { get; private set; }

    public IEnumerable<UserProcess> All => _slots.Where(static process => process.IsInUse).OrderBy(static process => process.Id);

    /// <summary>The number of the next process.</summary>
    public int NextId => _nextId;

    /// <summary>The number of processes that were reaped: it only grows.</summary>
    public long ReapedCount { get; private set; }

    /// <summary>Restores the number of the next process. Those of another system have run on, with their numbers.</summary>
    public void RestoreNextId(int nextId)
    {
        for (int slot = 0; slot < _slots.Count; slot++)
            if (_slots[slot].Space.Foreign is not null) nextId = Math.Max(nextId, _slots[slot].Id + 1);
        _nextId = nextId;
    }

    /// <summary>Restores the faults of the reaped processes, after the others went back.</summary>
    /// <param name="endedFaults">Those of a snapshot of the engine.</param>
    /// <param name="history">All faults before. The history keeps those that no process has any more.</param>
    public void RestoreEndedFaults(in FaultCounters endedFaults, in FaultCounters history)
    {
        _endedFaults = endedFaults;
        FaultCounters left = FaultHistory;
        _undoneFaults.Add(history);
        _undoneFaults.Subtract(left);
    }

    /// <summary>The descriptor tables of all processes, for the audit.</summary>
    public IEnumerable<DescriptorTable> Descriptors => All.Select(static process => process.Descriptors);

    /// <summary>The snapshots of single processes.</summary>
    public Dictionary<SnapshotNode, Snapshot> ProcessSnapshots { get; } = [];

    /// <summary>The snapshots of the whole engine.</summary>
    public Dictionary<ContentNode, EngineSnapshot> EngineSnapshots { get; } = [];

    /// <summary>The snapshots of all processes, for the audit.</summary>
    public IEnumerable<SnapshotTree> Snapshots => _slots.Select(static process => process.Snapshots).OfType<SnapshotTree>();

    /// <summary>Creates a process for the host.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    /// <exception cref="NoMemoryException">RAM has no frame for its page directory.</exception>
    public UserProcess Create(string name, ProcessOptions options)
    {
        if (options.FindBrokenRule(parts.Reclaim.Groups) is { } rule) throw new ArgumentException(rule, nameof(options));
        bool isCreated = TryCreate(name, options, out UserProcess? process);    // may reclaim, and so call the host
        parts.Machine.Callers.Leave();
        return isCreated
            ? process!
            : throw new NoMemoryException("Cannot create a process: the engine's RAM has no free frame for its page directory.");
    }

    public bool TryCreate(string name, ProcessOptions options, [NotNullWhen(true)] out UserProcess? process)
    {
        process = TakeSlot();
        ResourceLimits limits = ResourceLimits.Default with { Stack = options.StackLimit };
        MemoryGroup group = options.Group ?? parts.Reclaim.Groups.Root;
        process.Space.Bounds = options.Bounds;
        while (!process.TryBeginMemory(options.ToLayout(), limits, group.Frames))
        {
            if (parts.Reclaim.Pressure.TryFree(group.Frames, FramesForAnotherTry)) continue;
            GiveBackSlot(process);
            process = null;
            return false;
        }

        process.Space.IsPrivileged = options.IsPrivileged;
        process.Space.ReadImpliesExecute = process.Space.MergesAll = false;    // Reset leaves them as they were, for execve
        process.Space.ExecuteGain = ExecuteGain.Allowed;
        process.Begin(_nextId++, parentId: 0, name);
        return true;
    }

    public bool Fork(UserProcess parent, [NotNullWhen(true)] out UserProcess? child)
    {
        child = null;
        UserProcess made = TakeSlot();
        while (!TryFill(parent, made))
        {
            if (parts.Reclaim.Pressure.TryFree(parent.Space.Group, FramesForAnotherTry)) continue;
            GiveBackSlot(made);
            return false;
        }

        made.Descriptors.CopyFrom(parent.Descriptors);    // after the memory: it cannot fail
        made.Begin(_nextId++, parent.Id, parent.Name);
        made.Score = parent.Score;
        child = made;
        return true;
    }

    public void TakeBack(UserProcess process)
    {
        _endedFaults.Add(process.Space.FaultHistory);    // before the space counts for another process
        ReapedCount++;
        if (process.KeptCount == 0) GiveBack(process);    // a snapshot of the engine may need the slot again
    }

    /// <summary>Reaps the processes that a snapshot of the engine does not have.</summary>
    public void ReapAllBut(ReadOnlySpan<KeptProcess> kept)
    {
        for (int slot = 0; slot < _slots.Count; slot++)
        {
            UserProcess process = _slots[slot];
            bool isOurs = process.IsInUse && process.Space.Foreign is null;    // those of another system run on
            if (isOurs && !Has(kept, process)) process.Reap();
        }
    }

    private static bool Has(ReadOnlySpan<KeptProcess> kept, UserProcess process)
    {
        int low = 0, high = kept.Length - 1;    // in the order of their numbers
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            int found = kept[middle].Process.Id;
            if (found == process.Id) return kept[middle].Process == process;    // a restore reuses numbers
            if (found < process.Id) low = middle + 1;
            else high = middle - 1;
        }

        return false;
    }

    /// <summary>Takes back the slot of a process that no snapshot can restore.</summary>
    public void GiveBack(UserProcess process)
    {
        GiveBackSlot(process);    // before Retire, which replaces the space whose index is the slot's
        process.Retire(_reaped);
    }

    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;    // RAM is freed as a whole, so no process needs to be taken apart
        foreach (UserProcess process in _slots)
        {
            process.DetachMmu();
            process.Snapshots?.Dispose();
        }
    }

    /// <summary>Copies the parent's memory to the child. On failure the child gets nothing.</summary>
    private bool TryFill(UserProcess parent, UserProcess child)
    {
        child.Space.Bounds = parent.Space.Bounds;
        if (!child.TryBeginMemory(parent.Space.Layout, parent.Space.Limits, parent.Space.Group)) return false;
        if (parts.Calls.Fork.TryCopy(parent.Space, child.Space))
        {
            WatchedPages.UpdateShadow(child.Space, parts.Machine.Callers);    // TryCopy has copied the marked bytes
            return true;
        }

        child.Abandon();
        return false;
    }

    private UserProcess TakeSlot()
    {
        if (!_free.TryPop(out uint free))
        {
            Space space = NewSpace(parts, parts.Machine.Spaces.Next, ProcessLife.Unused);
            parts.Machine.Spaces.Add(space);
            parts.Machine.Observers.Include(space);    // logs of frames that are open see its writes
            _descriptors.Add(new(parts.Files.OpenFiles));
            _slots.Add(new(parts, this, space, _descriptors[^1]));
            return _slots[^1];
        }

        int slot = (int)free;
        if (_slots[slot].HasBegun) _slots[slot] = new(parts, this, parts.Machine.Spaces[new(free + 1)], _descriptors[slot]);
        return _slots[slot];
    }

    private static Space NewSpace(EngineParts parts, SpaceIndex index, ProcessLife life)
    {
        MachineParts machine = parts.Machine;
        TranslationCache unused = new(machine.Translations);    // until the process's own MMU replaces it
        PageTables tables = new(machine.Ram, machine.Frames, machine.Allocator, unused, machine.Tables);
        tables.Loans.All = machine.Loans;
        tables.Account = machine.Lists.Root;    // until a process begins in the space
        return new(index, machine.Areas, parts.Files.OpenFiles, tables, machine.Frames, machine.HugeBlocks)
        {
            Life = life,
            Events = machine.Events.Log,
            IsTransparent = machine.IsTransparent,
            Group = machine.Lists.Root,
        };
    }

    private void GiveBackSlot(UserProcess process)
    {
        process.Space.Enter(ProcessLife.Unused);
        _free.Push(process.Space.Index.Value - 1);    // space 0 is none
    }
}
