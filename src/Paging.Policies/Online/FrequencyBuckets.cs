using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>Slots in buckets by access count, buckets in ascending order; see <see cref="LfuPolicy"/> for the picture.</summary>
/// <remarks>A bucket is never empty, so there are at most as many as resident slots; 0 is the ring's own node.</remarks>
internal struct FrequencyBuckets
{
    private const int Ring = 0, None = 0;
    private Bucket[] _buckets;
    private Item[] _items;        // by slot
    private int _bucketCount;     // ever used, the ring's own among them
    private int _freeBucket;      // chained by Next

    public FrequencyBuckets(int reservedSlotCount)
    {
        _buckets = new Bucket[reservedSlotCount + 2];
        _items = new Item[reservedSlotCount];
        _bucketCount = 1;
        _freeBucket = None;
    }

    /// <summary>The slot accessed longest ago among those accessed least often; negative without slots.</summary>
    public readonly int OldestOfLeast => ArrayGrowth.At(_buckets, Ring).Next is not Ring and var first ? _buckets[first].Tail : -1;

    /// <summary>A slot with its first access.</summary>
    public void Add(int slot)
    {
        ArrayGrowth.Ensure(ref _items, slot);
        Enter(slot, count: 1, before: Ring);
    }

    /// <summary>Counts one more access.</summary>
    public void Count(int slot)
    {
        int bucket = ArrayGrowth.At(_items, slot).Bucket;
        long count = _buckets[bucket].Count + 1;
        if (IsAlone(slot) && !HasCount(_buckets[bucket].Next, count))
        {
            _buckets[bucket].Count = count;    // alone in its bucket, and no bucket with the next count: this one takes it
            return;
        }
        Leave(slot, keepBucket: true);
        Enter(slot, count, before: bucket);
        if (_buckets[bucket].Head < 0) Free(bucket);
    }

    /// <summary>Drops a slot and its count.</summary>
    public void Remove(int slot) => Leave(slot, keepBucket: false);

    private readonly bool IsAlone(int slot) => ArrayGrowth.At(_items, slot) is { Newer: < 0, Older: < 0 };

    private readonly bool HasCount(int bucket, long count) => bucket != Ring && _buckets[bucket].Count == count;

    /// <summary>Puts the slot at the head of the bucket with this count, which lies or will lie after another.</summary>
    private void Enter(int slot, long count, int before)
    {
        int bucket = _buckets[before].Next;
        if (!HasCount(bucket, count)) bucket = InsertBucket(count, before);
        int head = _buckets[bucket].Head;
        ArrayGrowth.At(_items, slot) = new(bucket, Newer: -1, Older: head);
        if (head >= 0) _items[head].Newer = slot;
        else _buckets[bucket].Tail = slot;
        _buckets[bucket].Head = slot;
    }

    private void Leave(int slot, bool keepBucket)
    {
        (int bucket, int newer, int older) = ArrayGrowth.At(_items, slot);
        if (newer >= 0) _items[newer].Older = older;
        else _buckets[bucket].Head = older;
        if (older >= 0) _items[older].Newer = newer;
        else _buckets[bucket].Tail = newer;
        if (!keepBucket && _buckets[bucket].Head < 0) Free(bucket);
    }

    private int InsertBucket(long count, int before)
    {
        int bucket = _freeBucket;
        if (bucket != None) _freeBucket = _buckets[bucket].Next;
        else bucket = _bucketCount++;
        ArrayGrowth.Ensure(ref _buckets, bucket);
        int next = _buckets[before].Next;
        _buckets[bucket] = new() { Count = count, Previous = before, Next = next, Head = -1, Tail = -1 };
        _buckets[before].Next = bucket;
        _buckets[next].Previous = bucket;
        return bucket;
    }

    private void Free(int bucket)
    {
        (int previous, int next) = (_buckets[bucket].Previous, _buckets[bucket].Next);
        _buckets[previous].Next = next;
        _buckets[next].Previous = previous;
        _buckets[bucket].Next = _freeBucket;
        _freeBucket = bucket;
    }

    private struct Bucket
    {
        public long Count;
        public int Previous, Next;    // buckets, ascending
        public int Head, Tail;        // slots
    }

    private record struct Item(int Bucket, int Newer, int Older);
}
