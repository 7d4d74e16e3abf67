using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>Records which pages were evicted and when, so that a page that soon comes back counts as part of the working set.</summary>
/// <remarks><code>
///   evicted at age 70 ──────── 25 evictions and activations ────────► refault at age 95: distance 25
///   25 more frames would have kept the page; there are more active frames than that ⇒ it starts as active
/// </code>
/// A fixed table holds one tag and one age for each frame of RAM, so an eviction allocates nothing and the memory is bounded.
/// A newer page may displace an older one.
/// Linux: mm/workingset.c, which stores the age as a shadow entry in place of the page and needs a shrinker.
/// </remarks>
internal sealed class EvictionHistory
{
    /// <summary>Owners from this number on are swap devices. Smaller ones are file objects.</summary>
    public const uint FirstDevice = 1u << 31;

    private readonly ulong[] _entries;    // tag << 32 | age; 0 is empty
    private readonly uint[] _ages = new uint[FrameLists.GroupCountMax];    // evictions and activations by group. Linux: nonresident_age
    private readonly int _shift;

    public EvictionHistory(FrameCount ram)
    {
        // One entry per frame is enough: after more evictions than RAM has frames, a page is not recent (GroupReclaim.IsRecent).
        int bits = 64 - System.Numerics.BitOperations.LeadingZeroCount(ram.Value - 1UL);    // rounds up to a power of two, for the shift
        _entries = new ulong[1 << bits];
        _shift = 64 - bits;
    }

    /// <summary>Counts an activation or eviction in a group, which moves its earlier evictions further away.</summary>
    public void Advance(byte group) => _ages[group]++;

    /// <summary>Moves all earlier evictions of a group out of the reach of any working set, when the group is removed.</summary>
    /// <remarks>Linux: workingset_test_recent finds no group for the number in the shadow entry, and returns false.</remarks>
    public void Forget(byte group) => _ages[group] += (uint)_entries.Length;    // at least the frames of RAM, as a working set is at most

    /// <summary>Remembers the eviction of a page. Linux: workingset_eviction.</summary>
    public void Remember(byte group, uint owner, uint index)
    {
        ulong hash = Hash(group, owner, index);
        _entries[hash >> _shift] = (Tag(hash) << 32) | _ages[group];    // replaces the record there: the newer eviction matters more
        _ages[group]++;
    }

    /// <summary>Finds and removes the record of the eviction of a page that comes back to its group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="owner">The object or swap device.</param>
    /// <param name="index">The page of the object, or the slot.</param>
    /// <param name="distance">The number of evictions and activations since its own eviction.</param>
    /// <returns>False if there is no record of the eviction.</returns>
    public bool TryTake(byte group, uint owner, uint index, out uint distance)
    {
        ulong hash = Hash(group, owner, index);
        ref ulong entry = ref _entries[hash >> _shift];
        distance = _ages[group] - (uint)entry;    // right even after the age has wrapped
        if (entry >> 32 != Tag(hash)) return false;
        entry = 0;
        return true;
    }

    private static ulong Hash(byte group, uint owner, uint index) =>
        SplitMix64.Mix((((ulong)owner << 32) | index) + (group * SplitMix64.Step));    // each group has its own record of a page

    // The lower half, because the upper bits choose the entry; never 0, which is an empty entry.
    private static ulong Tag(ulong hash) => (hash & 0xFFFF_FFFF) | 1;
}
