using Paging.Native.Collections;
using Paging.Policies;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A policy for tests: first in, first out, while it checks that the engine keeps to the protocol of policies.</summary>
/// <remarks><code>
///   miss   Missed(page), once ─► FindVictim … ─► Evicted(slot, page) ─► Loaded(slot, page)
///   kept   a victim that cannot go: Removed(slot) ─► Loaded(slot, page), and no miss
/// </code></remarks>
internal struct RecordedPolicy(PolicyRecord record) : IReplacementPolicy
{
    public void Missed(ulong page) => record.Miss(page);

    public void Loaded(int slot, ulong page) => record.Load(slot, page);

    public void Hit(int slot) => record.Hit(slot);

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        Dictionary<ulong, (bool IsAccessed, bool IsDirty)> found = [];
        foreach ((int slot, ulong page) in record.Pages) found[page] = (bits.TakeAccessed(slot), bits.IsDirty(slot));
        foreach (int slot in record.Pages.Keys) Assert.False(bits.TakeAccessed(slot), "the first question has cleared the answer");
        return record.Choose(found);
    }

    public void Evicted(int slot, ulong page) => record.Evict(slot, page);

    public void Removed(int slot) => record.Remove(slot);
}

/// <summary>The calls that a <see cref="RecordedPolicy"/> received, and the slots as they must be after them.</summary>
internal sealed class PolicyRecord
{
    private readonly List<int> _order = [];        // oldest first
    private readonly Stack<int> _free = new();
    private readonly Dictionary<int, ulong> _kept = [];
    private int _slotCount, _victim = IReplacementPolicy.None;
    private ulong? _missed;

    /// <summary>By slot, the page that lies in it.</summary>
    public Dictionary<int, ulong> Pages { get; } = [];

    public List<ulong> Misses { get; } = [];
    public List<ulong> Evictions { get; } = [];
    public List<ulong> Hits { get; } = [];

    /// <summary>How often FindVictim was called.</summary>
    public int Questions { get; private set; }

    /// <summary>How many victims could not go.</summary>
    public int Refusals { get; private set; }

    /// <summary>Bits reported for each page since a test cleared this: accessed in any call, dirty in the last one.</summary>
    public Dictionary<ulong, (bool IsAccessed, bool IsDirty)> Bits { get; } = [];

    /// <summary>Runs at each call, before anything else: a test may throw here.</summary>
    public Action<string> OnCall { get; set; } = static _ => { };

    /// <summary>Chooses the victim; the oldest page if null.</summary>
    public Func<int>? Victim { get; set; }

    /// <summary>How often the policy was called in all.</summary>
    public int CallCount { get; private set; }

    public void Hit(int slot)
    {
        Begin("Hit");
        Hits.Add(Pages[slot]);
    }

    public void Miss(ulong page)
    {
        Begin("Missed");
        Assert.DoesNotContain(page, Pages.Values);
        Assert.True(_missed is null || _missed != page, "a miss is reported once");
        _missed = page;
        Misses.Add(page);
    }

    public void Load(int slot, ulong page)
    {
        Begin("Loaded");
        Assert.False(Pages.ContainsKey(slot), "the slot is free");
        if (_kept.Remove(slot, out ulong kept))
        {
            Assert.Equal(kept, page);
            Refusals++;
        }
        else
        {
            Assert.Equal(_missed, page);
            _missed = null;
            Assert.Equal(_free.TryPop(out int reused) ? reused : _slotCount++, slot);
        }

        Pages.Add(slot, page);
        _order.Add(slot);
    }

    public int Choose(Dictionary<ulong, (bool IsAccessed, bool IsDirty)> bits)
    {
        Begin("FindVictim");
        Questions++;
        foreach ((ulong page, (bool isAccessed, bool isDirty)) in bits)
            Bits[page] = (isAccessed || Bits.GetValueOrDefault(page).IsAccessed, isDirty);
        return _victim = Victim is not null ? Victim() : _order.Count == 0 ? IReplacementPolicy.None : _order[0];
    }

    public void Evict(int slot, ulong page)
    {
        Begin("Evicted");
        Assert.Equal(_victim, slot);
        Assert.Equal(Pages[slot], page);
        Evictions.Add(page);
        Release(slot);
        _free.Push(slot);
    }

    /// <summary>A victim that is removed while a frame is looked for stays and is loaded again; then its slot was never free.</summary>
    public void Remove(int slot)
    {
        Begin("Removed");
        if (slot == _victim && IsHeld(Pages[slot]))
        {
            _kept.Add(slot, Pages[slot]);
            Release(slot);
            return;
        }

        Release(slot);
        _free.Push(slot);
    }

    /// <summary>Returns whether something holds a page, so that it cannot be evicted.</summary>
    public Func<ulong, bool> IsHeld { get; set; } = static _ => false;

    private void Begin(string call)
    {
        CallCount++;
        OnCall(call);
    }

    private void Release(int slot)
    {
        _victim = IReplacementPolicy.None;
        Assert.True(Pages.Remove(slot), "the slot holds a page");
        _order.Remove(slot);
    }
}
