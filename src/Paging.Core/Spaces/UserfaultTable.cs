using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The userfaultfds of one address space, by the number that its areas hold.</summary>
/// <remarks>
/// A userfaultfd gets a number at its first registration. A number is used again only after all others: an area that a
/// snapshot has brought back names a closed one, and counts as not registered.
/// </remarks>
internal sealed class UserfaultTable(Action<UserfaultContext> unregister)
{
    private UserfaultContext?[] _slots = new UserfaultContext?[8];    // by number; grows
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
    public bool IsChanging => _all.Exists(static context => context.Slot != 0 && context.IsChanging);

    /// <summary>The number of unmappings of registered areas so far.</summary>
    public long UnmapCount { get; set; }

    /// <summary>The context that received the last report; null once its exact address is known.</summary>
    public UserfaultContext? LastReporter { get; set; }

    /// <summary>Adds the exact address to the last reported access: the fault handler has reported only its page.</summary>
    public void ReportAddress(VirtualAddress address)
    {
        if (LastReporter is { } context && context.Has(UserfaultFeatures.ExactAddress)) context.Refine(address);
        LastReporter = null;
    }

    /// <summary>Returns the context that an area is registered with; null if there is none, or if it is closed.</summary>
    public UserfaultContext? Find(in Area area) => area.IsReported ? At(area.Reporter) : null;

    /// <summary>Makes a context without a number.</summary>
    public UserfaultContext Open(UserfaultFeatures features, bool isForUserMode)
    {
        UserfaultContext context = new(this, features, isForUserMode);
        _all.Add(context);
        return context;
    }

    /// <summary>Gives a context its number. Returns false if all are in use.</summary>
    public bool TryNumber(UserfaultContext context)
    {
        if (context.Slot != 0) return true;
        for (int i = 0; i < Area.ReporterMax; i++)
        {
            int slot = ((_last + i) % Area.ReporterMax) + 1;    // begins after the last one, so that a freed number stays unused for long
            if (At(slot) is not null) continue;
            _last = slot;
            Put(context, slot);
            return true;
        }

        return false;
    }

    /// <summary>Makes the context of a forked child, with the number of the parent's context. Linux: dup_userfaultfd.</summary>
    public void Inherit(UserfaultContext parent)
    {
        if (At(parent.Slot) is not null) return;    // another area of the same fork was first
        Put(Open(parent.Features, parent.IsForUserMode), parent.Slot);    // the copied areas name this number already
    }

    /// <summary>Returns the context with the same number as a parent's; null if the child has not inherited it.</summary>
    public UserfaultContext? HeirOf(UserfaultContext parent) => At(parent.Slot);    // no context has number 0

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
        foreach (UserfaultContext context in _all)
            if (context.IsWaiting(thread)) return true;
        return false;
    }

    /// <summary>Ends the wait of a thread.</summary>
    public void Forget(int thread)
    {
        foreach (UserfaultContext context in _all) context.Forget(thread);
    }

    private UserfaultContext? At(int slot) => slot < _slots.Length ? _slots[slot] : null;

    private void Put(UserfaultContext context, int slot)
    {
        if (slot >= _slots.Length) Array.Resize(ref _slots, Math.Min(2 * slot, Area.ReporterMax + 1));
        context.Slot = slot;
        _slots[slot] = context;
    }
}
