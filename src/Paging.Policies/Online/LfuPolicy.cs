namespace Paging.Policies.Online;

/// <summary>LFU: the page accessed least often since it was loaded leaves; among equals, the one accessed longest ago.</summary>
/// <remarks><code>
///   buckets by count, ascending; within a bucket pages in the order in which they reached that count, which is the order of
///   their last accesses:
///
///     1 ──► 2 ──► 5 ──► …        the victim is the tail of the first bucket
///     │     │     │              a hit moves a page one bucket on, made if it is not there; empty buckets go
///     c     d     a
///     f     b     e              Cost  O(1); counts die with eviction
/// </code>
/// K. Shah, A. Mitra, D. Matani, "An O(1) algorithm for implementing the LFU cache eviction scheme", 2010.
/// </remarks>
internal struct LfuPolicy : IOnlinePolicy<LfuPolicy>
{
    private FrequencyBuckets _buckets;

    public static LfuPolicy Create(int frameCount, int reservedFrameCount) => new() { _buckets = new(reservedFrameCount) };

    public readonly void Missed(ulong page)
    {
    }

    public void Loaded(int slot, ulong page) => _buckets.Add(slot);

    public void Hit(int slot) => _buckets.Count(slot);

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        int victim;
        while ((victim = _buckets.OldestOfLeast) >= 0 && bits.TakeAccessed(victim)) Hit(victim);
        return victim;
    }

    public void Evicted(int slot, ulong page) => Removed(slot);

    public void Removed(int slot) => _buckets.Remove(slot);
}
