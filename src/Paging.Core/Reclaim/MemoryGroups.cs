using Paging.Core.Frames;
using Paging.Core.Threads;
using Paging.Native.Frames;

namespace Paging.Core.Reclaim;

/// <summary>The memory groups of an engine. Group 0 has every process without another group. Only RAM limits it.</summary>
internal sealed class MemoryGroups
{
    private readonly CallerCheck _callers;
    private readonly ReclaimContext _context;
    private readonly List<MemoryGroup> _all = [];
    private readonly MemoryGroup?[] _byNumber = new MemoryGroup?[FrameLists.GroupCountMax];

    public MemoryGroups(CallerCheck callers, ReclaimContext context, MemoryGroupOptions root)
    {
        _callers = callers;
        _context = context;
        Create(root, out MemoryGroup? created);    // the first group, so its number is 0
        Root = created!;
    }

    public MemoryGroup Root { get; }

    /// <summary>All groups in the order of their numbers.</summary>
    public List<MemoryGroup> All => _all;

    public MemoryGroup this[int number] => _byNumber[number]!;

    /// <summary>The group of a number; null if it was removed.</summary>
    public MemoryGroup? Find(int number) => _byNumber[number];

    /// <summary>True for a group of this engine that was not removed.</summary>
    public bool Has(MemoryGroup group) => _byNumber[group.Number] == group;

    /// <summary>Creates a group.</summary>
    /// <returns>ENOSPC: there are 256 groups already.</returns>
    public Errno Create(MemoryGroupOptions options, out MemoryGroup? group)
    {
        group = null;
        int number = Array.IndexOf(_byNumber, null);
        if (number < 0) return Errno.ENOSPC;
        group = new(_callers, _context, (byte)number, options);
        _byNumber[number] = group;
        _all.Insert(_all.FindLastIndex(other => other.Number < number) + 1, group);
        return Errno.None;
    }

    /// <summary>Removes a group without processes. Its remaining pages, of files and shared memory, are charged to group 0.</summary>
    /// <returns>EBUSY: a process is in it, or it is group 0. EINVAL: it was removed before.</returns>
    /// <remarks>Linux: rmdir of a cgroup; mem_cgroup_css_offline, reparenting.</remarks>
    public Errno Remove(MemoryGroup group)
    {
        if (!Has(group)) return Errno.EINVAL;    // first: another group may have its number and its tables now
        if (group == Root || group.Frames.TableCount != 0) return Errno.EBUSY;    // a process always has a directory, which is counted
        FrameLists lists = _context.Lists;
        lists.SetPolicy(group.Number, null);    // before the moves, which a policy would see as evictions
        foreach (FrameFlags list in ScanBalance.Lists)
        {
            // None is a block: a transparent huge page goes or is split when the last process that maps it ends.
            while (lists.OldestOf(group.Number, list) is { Value: not 0 } frame)    // oldest first, so that their order stays
            {
                lists.Remove(frame);
                lists.Add(Root.Frames, frame, list);
            }
        }

        _context.History.Forget(group.Number);    // the next group of this number has evicted none of these pages
        group.Frames.Limit = FrameGroup.Unlimited;
        group.IsRemoved = true;
        _byNumber[group.Number] = null;
        _all.Remove(group);
        return Errno.None;
    }
}
