using Paging.Native;

namespace Paging.ReferenceModel.Costs;

/// <summary>The rule by which a full set chooses the entry that goes.</summary>
internal enum VictimRule
{
    /// <summary>The least recently used one.</summary>
    LeastRecent,

    /// <summary>Of halves, again and again, the one that was not used last.</summary>
    Tree,

    /// <summary>The one that came first.</summary>
    First,

    /// <summary>Any, by SplitMix64 from seed 0.</summary>
    Any,
}

/// <summary>The size of an array.</summary>
/// <param name="Entries">Its places.</param>
/// <param name="Ways">The places of a set.</param>
/// <param name="Rule">The choice of the entry that goes.</param>
internal sealed record ModelArrayShape(int Entries, int Ways, VictimRule Rule);

/// <summary>A TLB, a paging-structure cache or a cache of lines, as a list of places for each set that was ever used.</summary>
/// <param name="shape">Its size.</param>
internal sealed class ModelArray<TValue>(ModelArrayShape shape)
{
    private readonly Dictionary<ulong, List<Place>> _sets = [];
    private readonly Dictionary<(ulong Set, int From, int Count), int> _lastHalf = [];    // of a span of places: 0 the lower, 1 the upper
    private long _time;
    private ulong _random;

    /// <summary>All entries.</summary>
    public IEnumerable<(ulong Key, TValue Value)> All =>
        from set in _sets.Values from place in set where place.IsUsed select (place.Key, place.Value);

    /// <summary>Finds an entry, and counts that as a use.</summary>
    public bool TryUse(ulong key, ulong number, out TValue value)
    {
        List<Place> set = SetOf(number, out ulong index);
        foreach (Place place in set)
        {
            if (!place.IsUsed || place.Key != key) continue;
            place.UsedAt = ++_time;
            NoteHalves(index, set.IndexOf(place), set.Count);
            value = place.Value;
            return true;
        }

        value = default!;
        return false;
    }

    /// <summary>Adds an entry that is not there.</summary>
    public void Add(ulong key, ulong number, TValue value)
    {
        List<Place> set = SetOf(number, out ulong index);
        Place place = set.Find(static place => !place.IsUsed) ?? Victim(set, index);
        (place.IsUsed, place.Key, place.Value) = (true, key, value);
        place.UsedAt = place.AddedAt = ++_time;
        NoteHalves(index, set.IndexOf(place), set.Count);
    }

    /// <summary>Changes the value of an entry, if it is there.</summary>
    public void Change(ulong key, TValue value)
    {
        foreach (Place place in _sets.Values.SelectMany(static set => set))
            if (place.IsUsed && place.Key == key) place.Value = value;
    }

    /// <summary>Removes the entries that a condition names.</summary>
    public void RemoveWhere(Func<ulong, TValue, bool> isGone)
    {
        foreach (Place place in _sets.Values.SelectMany(static set => set))
            if (place.IsUsed && isGone(place.Key, place.Value)) place.IsUsed = false;
    }

    private Place Victim(List<Place> set, ulong index) => shape.Rule switch
    {
        VictimRule.LeastRecent => set.MinBy(static place => place.UsedAt)!,
        VictimRule.First => set.MinBy(static place => place.AddedAt)!,
        VictimRule.Any => set[(int)(SplitMix64.Next(ref _random) % (ulong)set.Count)],
        _ => OtherHalf(set, index),
    };

    /// <summary>Takes the half of a span that was not used last, until one place is left; of an unused span the lower one.</summary>
    private Place OtherHalf(List<Place> set, ulong index)
    {
        int from = 0;
        for (int count = set.Count; count > 1; count /= 2)
            if (_lastHalf.GetValueOrDefault((index, from, count), 1) == 0) from += count / 2;
        return set[from];
    }

    private void NoteHalves(ulong index, int way, int ways)
    {
        if (shape.Rule != VictimRule.Tree) return;
        for (int count = ways; count > 1; count /= 2)
        {
            int from = way / count * count;
            _lastHalf[(index, from, count)] = way - from < count / 2 ? 0 : 1;
        }
    }

    private List<Place> SetOf(ulong number, out ulong index)
    {
        index = number % (ulong)(shape.Entries / shape.Ways);
        if (_sets.TryGetValue(index, out List<Place>? set)) return set;
        return _sets[index] = [.. Enumerable.Range(0, shape.Ways).Select(static _ => new Place())];
    }

    private sealed class Place
    {
        public bool IsUsed { get; set; }

        public ulong Key { get; set; }

        public TValue Value { get; set; } = default!;

        public long UsedAt { get; set; }

        public long AddedAt { get; set; }
    }
}
