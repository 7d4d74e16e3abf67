using System.Diagnostics.CodeAnalysis;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;

namespace Paging.Core;

/// <summary>Every process of an engine: live ones, zombies, and objects that wait to be reused.</summary>
internal sealed class ProcessTable(EngineParts parts) : IDisposable
{
    /// <summary>How many frames to free before creating a process is tried once more.</summary>
    private const uint FramesForAnotherTry = 256;

    private readonly List<UserProcess> _slots = [];
    private readonly Stack<uint> _free = new();
    private int _nextId = 1;
    private FaultCounters _endedFaults;

    /// <summary>The fault counters of reaped processes.</summary>
    public FaultCounters EndedFaults => _endedFaults;

    public int Count => _slots.Count - _free.Count;

    public int SlotCount => _slots.Count;

    public UserProcess InSlot(int slot) => _slots[slot];

    public bool IsDisposed { get; private set; }

    public IEnumerable<UserProcess> All => _slots.Where(static process => process.IsInUse).OrderBy(static process => process.Id);

    /// <summary>The descriptor tables of all processes, for the audit.</summary>
    public IEnumerable<DescriptorTable> Descriptors => All.Select(static process => process.Descriptors);

    /// <summary>The snapshots of all processes, for the audit.</summary>
    public IEnumerable<SnapshotTree> Snapshots => All.Select(static process => process.Snapshots);

    public bool TryCreate(string name, ProcessOptions options, [NotNullWhen(true)] out UserProcess? process)
    {
        process = TakeSlot();
        ResourceLimits limits = ResourceLimits.Default with { Stack = options.StackLimit };
        MemoryGroup group = options.Group ?? parts.Reclaim.Groups.Root;
        while (!process.TryBeginMemory(options.ToLayout(), limits, group.Number))
        {
            if (parts.Reclaim.Pressure.TryFree(FramesForAnotherTry)) continue;
            GiveBackSlot(process);
            process = null;
            return false;
        }

        process.Memory.Space.IsPrivileged = options.IsPrivileged;
        process.Memory.ReadImpliesExecute = false;
        process.Begin(_nextId++, parentId: 0, name);
        return true;
    }

    public bool Fork(UserProcess parent, [NotNullWhen(true)] out UserProcess? child)
    {
        child = TakeSlot();
        while (!TryFill(parent, child))
        {
            if (parts.Reclaim.Pressure.TryFree(FramesForAnotherTry)) continue;
            GiveBackSlot(child);
            child = null;
            return false;
        }

        child.Descriptors.CopyFrom(parent.Descriptors);
        child.Begin(_nextId++, parent.Id, parent.Name);
        child.OutOfMemoryScore = parent.OutOfMemoryScore;
        return true;
    }

    public void TakeBack(UserProcess process)
    {
        _endedFaults.Add(process.Memory.Space.Faults);
        GiveBackSlot(process);
    }

    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;    // RAM is freed as a whole, so no process needs to be taken apart
        foreach (UserProcess process in _slots)
        {
            process.Memory.Mmu.Dispose();
            process.Snapshots.Dispose();
        }
    }

    /// <summary>Copies the parent's memory to the child. On failure the child gets nothing.</summary>
    private bool TryFill(UserProcess parent, UserProcess child)
    {
        if (!child.TryBeginMemory(parent.Memory.Space.Layout, parent.Memory.Space.Limits, parent.Memory.Space.Group)) return false;
        if (parts.Calls.Fork.TryCopy(parent.Memory.Space, child.Memory.Space)) return true;
        child.Abandon();
        return false;
    }

    private UserProcess TakeSlot()
    {
        if (_free.TryPop(out uint slot)) return _slots[(int)slot];
        UserProcess process = new(parts, this, parts.Machine.Spaces.Next);
        parts.Machine.Spaces.Add(process.Memory.Space);
        _slots.Add(process);
        return process;
    }

    private void GiveBackSlot(UserProcess process) => _free.Push(process.Memory.Space.Index.Value - 1);
}
