using System.Diagnostics;
using Paging.Core.Accounting;
using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>Processes that together may have so many frames and no more: a guest that cannot starve its neighbours.</summary>
/// <remarks>
/// A frame is charged to the group of the process that brings its page in: private pages, shared memory, pages of files, and page tables.
/// At the limit the group reclaims from itself; when that frees nothing, its own out-of-memory policy decides. Children inherit the group;
/// a process does not change it. Linux: a memory cgroup with memory.max (mm/memcontrol.c try_charge_memcg).
/// </remarks>
[DebuggerDisplay("{Name}: {Usage} of {Limit}")]
public sealed class MemoryGroup
{
    private readonly ThreadGuard _guard;
    private readonly FrameLists _lists;

    internal MemoryGroup(ThreadGuard guard, ReclaimContext context, byte number, MemoryGroupOptions options)
    {
        _guard = guard;
        _lists = context.Lists;
        Number = number;
        Name = options.Name;
        OutOfMemory = options.OutOfMemory;
        Limit = options.Limit;
        Reclaim = new(context, number);
        Frames.CountsTables = options.CountsTables;
        Frames.Limit = AsCount(options.Limit);
        uint capacity = Math.Min(options.Limit?.Value ?? uint.MaxValue, context.Frames.Count.Value);
        if (options.Policy is { } policy) Reclaim.Policy = policy.Plug(context, number, (int)capacity);
    }

    /// <summary>What reports call it.</summary>
    public string Name { get; }

    /// <summary>How many frames it may have; null: as many as there are. Linux: memory.max.</summary>
    public FrameCount? Limit { get; private set; }

    /// <summary>The frames it is charged for, tables included if they count. Linux: memory.current.</summary>
    public FrameCount Usage => new(Frames.PageCount + (Frames.CountsTables ? Frames.TableCount : 0));

    /// <summary>Page tables and directories of its processes.</summary>
    public FrameCount Tables => new(Frames.TableCount);

    /// <summary>What happens when it is at its limit and nothing of it can be reclaimed.</summary>
    public OutOfMemoryPolicy OutOfMemory { get; }

    /// <summary>How often it was at its limit and had to reclaim. Linux: max in memory.events.</summary>
    public long LimitHits { get; internal set; }

    /// <summary>How often nothing could be reclaimed then. Linux: oom in memory.events.</summary>
    public long Failures { get; internal set; }

    /// <summary>Processes of it that were ended for it. Linux: oom_kill in memory.events.</summary>
    public long Kills { get; internal set; }

    internal byte Number { get; }

    internal GroupReclaim Reclaim { get; }

    internal FrameGroup Frames => _lists.Group(Number);

    /// <summary>Changes the limit; what is above a lower one is reclaimed at once, as far as it goes.</summary>
    /// <returns>EBUSY: the group is still above its new limit, and gets no frame until it is below. Linux: memory_max_write.</returns>
    public Errno SetLimit(FrameCount? limit)
    {
        _guard.Enter();
        Limit = limit;
        Frames.Limit = AsCount(limit);
        while (Frames.Left < 0 && Reclaim.Free((uint)-Frames.Left) != 0)
        {
        }

        return Frames.Left < 0 ? Errno.EBUSY : Errno.None;
    }

    private static long AsCount(FrameCount? limit) => limit?.Value ?? FrameGroup.Unlimited;
}

/// <summary>What a group of processes is made with.</summary>
public sealed record MemoryGroupOptions
{
    /// <summary>What reports call it.</summary>
    public string Name { get; init; } = "group";

    /// <summary>How many frames it may have; null: as many as there are.</summary>
    public FrameCount? Limit { get; init; }

    /// <summary>What happens when it is at its limit and nothing of it can be reclaimed.</summary>
    public OutOfMemoryPolicy OutOfMemory { get; init; }

    /// <summary>Page tables and directories count, too. False: pages alone, as a simulator counts.</summary>
    public bool CountsTables { get; init; } = true;

    /// <summary>Who chooses the victims; null: Linux's two lists.</summary>
    public ReclaimPolicy? Policy { get; init; }
}
