using System.Numerics;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The userfaultfds of one address space, by the number that its areas hold.</summary>
/// <remarks>
/// A userfaultfd gets a number at its first registration. A number is used again only after all others: an area that a
/// snapshot has brought back names a closed one, and counts as not registered.
/// </remarks>
internal sealed class UserfaultTable(Action<UserfaultContext> unregister)
{
    private const int SlotMax = 7;    // ReporterMask has three bits, and 0 means none
    private static readonly int Shift = BitOperations.TrailingZeroCount((uint)AreaFlags.ReporterMask);

    private readonly UserfaultContext?[] _slots = new UserfaultContext?[SlotMax + 1];
    private readonly List<UserfaultContext> _all = [];
    private int _last;

    /// <summary>The thread that makes the next accesses, by the embedder's number.</summary>
    public int Thread { get; set; }

    /// <summary>True if a system call makes the next accesses.</summary>
    public bool IsInKernel { get; set; }

    /// <summary>True if the next accesses cannot wait, and are refused instead of reported. Linux: no FAULT_FLAG_ALLOW_RETRY.</summary>
    public bool MayNotWait { get; set; }

    /// <summary>The number of reported changes of mappings.</summary>
    public long ChangeCount { get; set; }

    /// <summary>True while a change is unread.</summary>
    public bool IsChanging => Array.Exists(_slots, static context => context is { IsChanging: true });

    /// <summary>The context that received the last report; null once its exact address is known.</summary>
    public UserfaultContext? LastReporter { get; set; }

    /// <summary>Adds the exact address to the last reported access: the fault handler has reported only its page.</summary>
    public void ReportAddress(VirtualAddress address)
    {
        if (LastReporter is { } context && context.Has(UserfaultFeatures.ExactAddress)) context.Refine(address);
        LastReporter = null;
    }

    public static AreaFlags FlagsOf(int slot) => (AreaFlags)((uint)slot << Shift);

    /// <summary>Returns the context that an area is registered with; null if there is none, or if it is closed.</summary>
    public UserfaultContext? Find(AreaFlags flags) =>
        (flags & AreaFlags.Reports) == 0 ? null : _slots[(uint)(flags & AreaFlags.ReporterMask) >> Shift];

    /// <summary>Makes a context without a number.</summary>
    public UserfaultContext Open(UserfaultFeatures features, bool isForUserMode)
    {
        UserfaultContext context = new(this, features, isForUserMode);
        _all.Add(context);
        return context;
    }

    /// <summary>Gives a context its number. Returns false if all seven are in use.</summary>
    public bool TryNumber(UserfaultContext context)
    {
        if (context.Slot != 0) return true;
        for (int i = 1; i <= SlotMax; i++)
        {
            int slot = ((_last + i - 1) % SlotMax) + 1;    // begins behind the last one, so that a freed number stays unused for long
            if (_slots[slot] is not null) continue;
            _last = slot;
            context.Slot = slot;
            _slots[slot] = context;
            return true;
        }

        return false;
    }

    /// <summary>Makes the context of a forked child, with the number of the parent's context. Linux: dup_userfaultfd.</summary>
    public void Inherit(UserfaultContext parent)
    {
        if (_slots[parent.Slot] is not null) return;    // another area of the same fork was first
        UserfaultContext heir = Open(parent.Features, parent.IsForUserMode);
        heir.Slot = parent.Slot;    // the copied areas name this number already
        _slots[parent.Slot] = heir;
    }

    /// <summary>Returns the context with the same number as a parent's; null if the child has not inherited it.</summary>
    public UserfaultContext? HeirOf(UserfaultContext parent) => _slots[parent.Slot];    // no context has number 0

    public IReadOnlyList<UserfaultContext> All => _all;

    /// <summary>Removes a closed descriptor, and unregisters its areas. Linux: userfaultfd_release_all.</summary>
    public void Remove(UserfaultContext context)
    {
        _all.Remove(context);
        if (context.Slot == 0) return;    // never registered, so no area names it
        unregister(context);    // while the slot still leads to the context
        _slots[context.Slot] = null;
    }

    /// <summary>Ends every context when the address space is gone.</summary>
    public void End()
    {
        foreach (UserfaultContext context in _all.ToArray()) context.End();    // one that ends may close that of a child
    }

    /// <summary>True while a thread waits for a page.</summary>
    public bool IsWaiting(int thread)
    {
        foreach (UserfaultContext? context in _slots)
            if (context is not null && context.IsWaiting(thread)) return true;
        return false;
    }

    /// <summary>Ends the wait of a thread.</summary>
    public void Forget(int thread)
    {
        foreach (UserfaultContext? context in _slots) context?.Forget(thread);
    }
}
