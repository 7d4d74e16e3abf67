using System.Numerics;
using Paging.Native;

namespace Paging.Core.Userfaults;

/// <summary>The userfaultfds of one address space, by the number that its areas hold.</summary>
/// <remarks>
/// A number is used again only when all others were used: an area that a snapshot has brought back names a closed one, and counts as not
/// registered.
/// </remarks>
internal sealed class UserfaultTable(Action<UserfaultContext> unregister)
{
    private const int SlotMax = 31;
    private static readonly int Shift = BitOperations.TrailingZeroCount((uint)AreaFlags.ReporterMask);

    private readonly UserfaultContext?[] _slots = new UserfaultContext?[SlotMax + 1];
    private int _last;

    /// <summary>The thread whose accesses follow, as the embedder numbers threads.</summary>
    public int Thread { get; set; }

    /// <summary>The accesses that follow are those of a system call.</summary>
    public bool IsInKernel { get; set; }

    /// <summary>How many changes of mappings were ever reported.</summary>
    public long ChangeCount { get; set; }

    /// <summary>True while a change was not read.</summary>
    public bool IsChanging => Array.Exists(_slots, static context => context is { IsChanging: true });

    /// <summary>The context that has got the last report; null once its address is known.</summary>
    public UserfaultContext? LastReporter { get; set; }

    /// <summary>The access that was reported last was to this address: the fault handler knows its page only.</summary>
    public void TellAddress(VirtualAddress address)
    {
        if (LastReporter is { } context && context.Has(UserfaultFeatures.ExactAddress)) context.Refine(address);
        LastReporter = null;
    }

    public static AreaFlags FlagsOf(int slot) => (AreaFlags)((uint)slot << Shift);

    /// <summary>The context that an area is registered with; null if there is none, or if it is closed.</summary>
    public UserfaultContext? Find(AreaFlags flags) =>
        (flags & AreaFlags.Reports) == 0 ? null : _slots[(uint)(flags & AreaFlags.ReporterMask) >> Shift];

    /// <summary>Makes a context. Returns null if there are 31.</summary>
    public UserfaultContext? Open(UserfaultFeatures features, bool isForUserMode)
    {
        for (int i = 1; i <= SlotMax; i++)
        {
            int slot = ((_last + i - 1) % SlotMax) + 1;
            if (_slots[slot] is not null) continue;
            _last = slot;
            return _slots[slot] = new(this, slot, features, isForUserMode);
        }

        return null;
    }

    /// <summary>Makes the context of a forked child, with the number that the parent's has. Linux: dup_userfaultfd.</summary>
    public UserfaultContext Inherit(UserfaultContext parent) =>
        _slots[parent.Slot] ??= new(this, parent.Slot, parent.Features, parent.IsForUserMode);

    /// <summary>The context that has the same number as a parent's; null if the child has not inherited it.</summary>
    public UserfaultContext? HeirOf(UserfaultContext parent) => _slots[parent.Slot];

    public IEnumerable<UserfaultContext> All => _slots.OfType<UserfaultContext>();

    /// <summary>A descriptor is closed: its areas are registered no longer. Linux: userfaultfd_release_all.</summary>
    public void Remove(UserfaultContext context)
    {
        unregister(context);
        _slots[context.Slot] = null;
    }

    /// <summary>The address space is gone.</summary>
    public void End()
    {
        foreach (UserfaultContext context in All) context.End();
        Array.Clear(_slots);
    }

    /// <summary>True while a thread waits for a page.</summary>
    public bool IsWaiting(int thread)
    {
        foreach (UserfaultContext? context in _slots)
            if (context is not null && context.IsWaiting(thread)) return true;
        return false;
    }

    /// <summary>A thread does not wait any more.</summary>
    public void Forget(int thread)
    {
        foreach (UserfaultContext? context in _slots) context?.Forget(thread);
    }
}
