using Paging.Costs.Hardware;
using Paging.Native;

namespace Paging.Costs.Tests;

/// <summary>An array as a list of places for each set, in plain words: no stamps, no bits, no search but from the front.</summary>
internal sealed class NaiveArray<TValue>(ArrayShape shape)
{
    private readonly Dictionary<ulong, Place[]> _sets = [];
    private long _time;
    private ulong _random;

    public bool TryUse(ulong key, ulong number, out TValue value)
    {
        Place[] set = SetOf(number);
        Place? found = Array.Find(set, place => place.IsUsed && place.Key == key);
        value = found is null ? default! : found.Value;
        if (found is null) return false;
        found.UsedAt = ++_time;
        Turn(set, Array.IndexOf(set, found));
        return true;
    }

    public void Add(ulong key, ulong number, TValue value)
    {
        Place[] set = SetOf(number);
        Place place = Array.Find(set, static place => !place.IsUsed) ?? Victim(set);
        (place.IsUsed, place.Key, place.Value) = (true, key, value);
        place.UsedAt = place.FilledAt = ++_time;
        Turn(set, Array.IndexOf(set, place));
    }

    public void Change(ulong key, TValue value)
    {
        foreach (Place place in _sets.Values.SelectMany(static set => set))
            if (place.IsUsed && place.Key == key) place.Value = value;
    }

    public void RemoveWhere(Func<ulong, TValue, bool> isGone)
    {
        foreach (Place place in _sets.Values.SelectMany(static set => set))
            if (place.IsUsed && isGone(place.Key, place.Value)) place.IsUsed = false;
    }

    public IEnumerable<(ulong Key, TValue Value)> All =>
        _sets.Values.SelectMany(static set => set).Where(static place => place.IsUsed).Select(static place => (place.Key, place.Value));

    private Place Victim(Place[] set) => shape.Replacement switch
    {
        Replacement.Lru => set.MinBy(static place => place.UsedAt)!,
        Replacement.Fifo => set.MinBy(static place => place.FilledAt)!,
        Replacement.Random => set[(int)(SplitMix64.Next(ref _random) % (ulong)set.Length)],
        _ => OlderOf(set, 0, set.Length),
    };

    /// <summary>Of a span of places, goes to the half that was not used last; of two, to the other one.</summary>
    private static Place OlderOf(Place[] set, int from, int count)
    {
        while (count > 1)
        {
            count /= 2;
            if (set[from].Root.LastHalf(from, count * 2) == 0) from += count;
        }

        return set[from];
    }

    private static void Turn(Place[] set, int way)
    {
        for (int count = set.Length; count > 1; count /= 2)
        {
            int from = way / count * count;
            set[0].Root.Halves[(from, count)] = way - from < count / 2 ? 0 : 1;
        }
    }

    private Place[] SetOf(ulong number)
    {
        ulong index = number % (ulong)(shape.Entries / shape.Ways);
        if (_sets.TryGetValue(index, out Place[]? set)) return set;
        Tree root = new();
        return _sets[index] = [.. Enumerable.Range(0, shape.Ways).Select(_ => new Place(root))];
    }

    private sealed class Tree
    {
        public Dictionary<(int From, int Count), int> Halves { get; } = [];

        /// <summary>The half that was used last; at the beginning the upper one, so that the lower is taken first.</summary>
        public int LastHalf(int from, int count) => Halves.GetValueOrDefault((from, count), 1);
    }

    private sealed class Place(Tree root)
    {
        public Tree Root => root;

        public bool IsUsed { get; set; }

        public ulong Key { get; set; }

        public TValue Value { get; set; } = default!;

        public long UsedAt { get; set; }

        public long FilledAt { get; set; }
    }
}
