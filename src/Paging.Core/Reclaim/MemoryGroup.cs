using System.Diagnostics;
using Paging.Core.Frames;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>A set of processes with a common limit of frames, so that one guest cannot starve its neighbours.</summary>
/// <remarks>
/// A frame is charged to the group of the process that brings its page in: private pages, shared memory, pages of files, page tables.
/// At its limit the group reclaims from itself. If that frees nothing, its own out-of-memory policy decides.
/// Children inherit the group, and a process never changes it.
/// Linux: a memory cgroup with memory.max (mm/memcontrol.c try_charge_memcg).
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class MemoryGroup
{
    private readonly CallerCheck _callers;
    private readonly FrameLists _lists;

    internal MemoryGroup(CallerCheck callers, ReclaimContext context, byte number, MemoryGroupOptions options)
    {
        _callers = callers;
        _lists = context.Lists;
        Number = number;
        Name = options.Name;
        OutOfMemory = options.OutOfMemory;
        Limit = options.Limit;
        Reclaim = new(context, number);
        uint capacity = Math.Min(options.Limit?.Value ?? uint.MaxValue, context.Frames.Count.Value);    // a policy allocates once
        if (options.Policy is { } policy) Reclaim.Policy = policy.Plug(context, callers, number, (int)capacity);
        Frames.CountsTables = options.CountsTables;
        Frames.Limit = AsCount(options.Limit);
    }

    /// <summary>The name in reports.</summary>
    public string Name { get; }

    /// <summary>The most frames the group may have; null: only RAM limits it. Linux: memory.max.</summary>
    public FrameCount? Limit { get; private set; }

    /// <summary>The frames charged to the group, including page tables if they count. Linux: memory.current.</summary>
    public FrameCount Usage => IsRemoved ? default : new(Frames.PageCount + (Frames.CountsTables ? Frames.TableCount : 0));

    /// <summary>The frames of its processes' page tables and directories.</summary>
    public FrameCount Tables => IsRemoved ? default : new(Frames.TableCount);

    /// <summary>Prints <c>browser: 120 of 256 frames</c>, or <c>all: 120 frames</c> without a limit.</summary>
    public override string ToString() =>
        Limit is { } limit ? $"{Name}: {Usage.Value} of {limit.Value} frames" : $"{Name}: {Usage.Value} frames";

    /// <summary>The action when the group is at its limit and nothing in it can be reclaimed.</summary>
    public OutOfMemoryPolicy OutOfMemory { get; }

    /// <summary>The number of times that the group reached its limit and had to reclaim. Linux: max in memory.events.</summary>
    public long LimitHits { get; internal set; }

    /// <summary>The number of times that nothing could be reclaimed at the limit. Linux: oom in memory.events.</summary>
    public long Failures { get; internal set; }

    /// <summary>The number of its processes that were ended at the limit. Linux: oom_kill in memory.events.</summary>
    public long Kills { get; internal set; }

    internal byte Number { get; }

    /// <summary>True after <see cref="EngineGroups.Remove"/>: another group may have its number.</summary>
    internal bool IsRemoved { get; set; }

    internal GroupReclaim Reclaim { get; }

    internal FrameGroup Frames => _lists.Group(Number);

    /// <summary>Changes the limit. If usage is above the new limit, reclaims at once as much as possible.</summary>
    /// <param name="limit">The most frames; null: only RAM limits it.</param>
    /// <exception cref="ObjectDisposedException">The group was removed.</exception>
    /// <returns>EBUSY: the group is still above its new limit and gets no frame until it is below. Linux: memory_max_write.</returns>
    public Errno SetLimit(FrameCount? limit)
    {
        using SlowPathHold hold = _callers.Hold();
        ObjectDisposedException.ThrowIf(IsRemoved, this);
        Limit = limit;
        Frames.Limit = AsCount(limit);
        while (Frames.Left < 0 && Reclaim.Free((uint)-Frames.Left) != 0)    // after the limit is set, so that no page comes in again
        {
        }

        return _callers.Leave(Frames.Left < 0 ? Errno.EBUSY : Errno.None);
    }

    private static long AsCount(FrameCount? limit) => limit?.Value ?? FrameGroup.Unlimited;
}

/// <summary>The options of a new memory group.</summary>
public sealed record MemoryGroupOptions
{
    /// <summary>The name in reports.</summary>
    public string Name { get; init; } = "group";

    /// <summary>The most frames the group may have; null: only RAM limits it.</summary>
    public FrameCount? Limit { get; init; }

    /// <summary>The action when the group is at its limit and nothing in it can be reclaimed.</summary>
    public OutOfMemoryPolicy OutOfMemory { get; init; }

    /// <summary>True if page tables and directories count as well; false if only pages count, as in a simulator.</summary>
    public bool CountsTables { get; init; } = true;

    /// <summary>The policy that chooses victims; null: Linux's two lists.</summary>
    public ReclaimPolicy? Policy { get; init; }
}
