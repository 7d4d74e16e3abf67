using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>Remembers which pages were evicted and when, so that one that comes back soon is known to belong to the working set.</summary>
/// <remarks><code>
///   evicted at age 70 ──────── 25 evictions and activations ────────► refault at age 95: distance 25
///   the active pages would have had to give up 25 frames for it: fewer than they are ⇒ it begins as active
/// </code>
/// Linux: mm/workingset.c, where the age lies as a shadow in the page's place. Here a fixed table, one word of tag and one of age for each
/// frame of RAM: evicting allocates nothing, and the memory is bounded without a shrinker. A newer page may displace an older one.</remarks>
internal sealed class EvictionHistory
{
    /// <summary>Owners from here on are swap devices, below are file objects.</summary>
    public const uint FirstDevice = 1u << 31;

    private readonly ulong[] _entries;    // tag << 32 | age; 0 is empty
    private readonly uint[] _ages = new uint[FrameLists.GroupCountMax];    // evictions and activations of a group. Linux: nonresident_age
    private readonly int _shift;

    public EvictionHistory(FrameCount ram)
    {
        int bits = 64 - System.Numerics.BitOperations.LeadingZeroCount(ram.Value - 1UL);
        _entries = new ulong[1 << bits];
        _shift = 64 - bits;
    }

    /// <summary>Something of a group became active or was evicted: what was evicted of it before is further away.</summary>
    public void Advance(byte group) => _ages[group]++;

    /// <summary>A page is evicted. Linux: workingset_eviction.</summary>
    public void Remember(byte group, uint owner, uint index)
    {
        ulong hash = Hash(group, owner, index);
        _entries[hash >> _shift] = (Tag(hash) << 32) | _ages[group];
        _ages[group]++;
    }

    /// <summary>Whether a page that comes back to its group is remembered, and how many evictions and activations ago it went. Forgets it.</summary>
    public bool TryTake(byte group, uint owner, uint index, out uint distance)
    {
        ulong hash = Hash(group, owner, index);
        ref ulong entry = ref _entries[hash >> _shift];
        distance = _ages[group] - (uint)entry;
        if (entry >> 32 != Tag(hash)) return false;
        entry = 0;
        return true;
    }

    // Finalizer of SplitMix64: each bit of the key reaches each bit of the hash.
    private static ulong Hash(byte group, uint owner, uint index)
    {
        ulong key = (((ulong)owner << 32) | index) + (group * 0x9E37_79B9_7F4A_7C15);
        key = (key ^ (key >> 30)) * 0xBF58_476D_1CE4_E5B9;
        key = (key ^ (key >> 27)) * 0x94D0_49BB_1331_11EB;
        return key ^ (key >> 31);
    }

    private static ulong Tag(ulong hash) => (hash & 0xFFFF_FFFF) | 1;
}
