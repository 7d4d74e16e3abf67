using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Costs.Hardware;

//          way 0      way 1      way 2      way 3
//        ┌──────────┬──────────┬──────────┬──────────┐
//  set 0 │   key    │   key    │  Empty   │  Empty   │    slot = set × ways + way
//  set 1 │    …     │          │          │          │
//        └──────────┴──────────┴──────────┴──────────┘
/// <summary>A set-associative array of keys: a TLB, a paging-structure cache, or a cache of lines.</summary>
/// <remarks>
/// LRU and FIFO keep a stamp for each place, of its last use or of its filling; the oldest goes. No allocation after the constructor.
/// Cost: O(ways) for each call that names a key.
/// </remarks>
internal sealed class SetArray
{
    /// <summary>The value of a place without an entry. No caller's key has it.</summary>
    public const ulong Empty = ulong.MaxValue;

    private const int PlainSearchWaysMax = 8;    // beyond, the vectorized search is faster

    private readonly ulong[] _keys;
    private readonly ulong[] _stamps;     // lru, fifo
    private readonly ulong[] _trees;      // plru: a word for each set
    private readonly ulong[] _paths;      // plru, by way: the nodes on its path; then, of them, those that a use sets
    private readonly int _ways;
    private readonly ulong _sets, _setMask;    // the mask is 0 if the number of sets is no power of two
    private readonly Replacement _replacement;
    private int _emptyCount;
    private ulong _clock;
    private ulong _random;

    public SetArray(ArrayShape shape)
    {
        if (shape.Complaint is { } complaint) throw new ArgumentException($"The array cannot be made: {complaint}.", nameof(shape));
        (_ways, _sets, _replacement, _emptyCount) = (shape.Ways, (ulong)shape.Sets, shape.Replacement, shape.Entries);
        _setMask = ulong.IsPow2(_sets) ? _sets - 1 : 0;
        _keys = new ulong[shape.Entries];
        Array.Fill(_keys, Empty);
        _stamps = new ulong[shape.Entries];
        _trees = new ulong[shape.Replacement == Replacement.Plru ? shape.Sets : 0];
        _paths = shape.Replacement == Replacement.Plru ? PathsOf(_ways) : [];
        Values = new ulong[shape.Entries];
    }

    /// <summary>The number of places.</summary>
    public int Length => _keys.Length;

    /// <summary>A word beside each key, by slot.</summary>
    public ulong[] Values { get; }

    /// <summary>The key at a slot; <see cref="Empty"/> if there is none.</summary>
    public ulong KeyAt(int slot) => _keys[slot];

    /// <summary>Finds a key and marks it as used. Returns its slot, or a negative number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="index">The number that chooses the set: its remainder by the number of sets.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Use(ulong key, ulong index)
    {
        int first = FirstOf(index), slot = FindIn(first, key);
        if (slot >= 0) Touch(slot, first);
        return slot;
    }

    /// <summary>Finds a key. Returns its slot, or a negative number.</summary>
    public int Find(ulong key, ulong index) => FindIn(FirstOf(index), key);

    /// <summary>Adds a key that is not there, in place of another one if its set is full. Returns its slot.</summary>
    public int Add(ulong key, ulong index, ulong value)
    {
        int first = FirstOf(index), slot = _emptyCount == 0 ? -1 : FindIn(first, Empty);
        if (slot < 0) slot = first + Victim(first);
        else _emptyCount--;
        _keys[slot] = key;
        Values[slot] = value;
        _stamps[slot] = ++_clock;
        if (_replacement == Replacement.Plru) Point(slot, first);
        return slot;
    }

    /// <summary>Removes a key if it is there.</summary>
    public void Remove(ulong key, ulong index)
    {
        int slot = Find(key, index);
        if (slot >= 0) RemoveAt(slot);
    }

    /// <summary>Empties a place.</summary>
    public void RemoveAt(int slot)
    {
        if (_keys[slot] != Empty) _emptyCount++;
        _keys[slot] = Empty;
    }

    /// <summary>Removes all keys.</summary>
    public void Clear()
    {
        _emptyCount = _keys.Length;
        Array.Fill(_keys, Empty);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FirstOf(ulong index) => _ways * (int)(_setMask != 0 || _sets == 1 ? index & _setMask : index % _sets);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FindIn(int first, ulong key)
    {
        ReadOnlySpan<ulong> set = _keys.AsSpan(first, _ways);
        if (_ways > PlainSearchWaysMax)
        {
            int way = set.IndexOf(key);
            return way < 0 ? -1 : first + way;
        }

        for (int way = 0; way < set.Length; way++)
            if (set[way] == key) return first + way;
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Touch(int slot, int first)
    {
        if (_replacement == Replacement.Lru) _stamps[slot] = ++_clock;
        else if (_replacement == Replacement.Plru) Point(slot, first);
    }

    private int Victim(int first) => _replacement switch
    {
        Replacement.Plru => PointedWay(first),
        Replacement.Random => (int)(SplitMix64.Next(ref _random) % (ulong)_ways),
        _ => OldestWay(first),
    };

    private int OldestWay(int first)
    {
        ReadOnlySpan<ulong> stamps = _stamps.AsSpan(first, _ways);
        int oldest = 0;
        for (int way = 1; way < stamps.Length; way++)
            if (stamps[way] < stamps[oldest]) oldest = way;
        return oldest;
    }

    /// <summary>Makes each node on the path to a way towards the other half.</summary>
    private void Point(int slot, int first)
    {
        ref ulong tree = ref _trees[first / _ways];
        int way = slot - first;
        tree = (tree & ~_paths[way]) | _paths[_ways + way];
    }

    /// <summary>The nodes above each way: 1 is the root, 2n and 2n + 1 are n's children.</summary>
    /// <remarks>A bit that is set: the upper half is older.</remarks>
    private static ulong[] PathsOf(int ways)
    {
        ulong[] paths = new ulong[2 * ways];
        for (int way = 0; way < ways; way++)
        {
            for (int node = ways + way; node > 1; node >>= 1)
            {
                paths[way] |= 1ul << (node >> 1);
                if ((node & 1) == 0) paths[ways + way] |= 1ul << (node >> 1);
            }
        }

        return paths;
    }

    private int PointedWay(int first)
    {
        ulong tree = _trees[first / _ways];
        int node = 1;
        while (node < _ways) node = (node << 1) | (int)((tree >> node) & 1);
        return node - _ways;
    }
}
