using System.Numerics;
using Paging.Traces.Reading;

namespace Paging.Traces.Simulation;

/// <summary>Numbers the pages of a trace in the order of their first accesses, and so counts them.</summary>
/// <remarks><code>
///   hash(page) = page × 2⁶⁴/φ; a page lies in the place that the highest bits of its hash name, or in the next empty place after it
///
/// Page and number lie side by side: a look-up costs one cache miss in a large trace, where a Dictionary costs two.
///
/// Cost      O(1) expected; 32 to 64 bytes a page; a trace may have any length
/// </code></remarks>
internal sealed class DistinctPages
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;
    private const int HashBitCount = 64;
    private Numbered[] _places = new Numbered[1 << 10];    // a power of two, at most half of them in use

    /// <summary>The number of distinct pages so far.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a page; a new one when it was never seen.</summary>
    public int IdOf(ulong page)
    {
        ref Numbered place = ref PlaceOf(page);
        if (!place.IsEmpty) return place.Id;
        if (Count == _places.Length / 2)
        {
            Grow();
            place = ref PlaceOf(page);
        }

        place = new(page, Count++);
        return place.Id;
    }

    /// <summary>The numbers for a run of accesses.</summary>
    public void Identify(ReadOnlySpan<TraceAccess> accesses, Span<int> ids)
    {
        if (ids.Length < accesses.Length) throw new ArgumentException("There is no room for a number of each access.", nameof(ids));
        for (int index = 0; index < accesses.Length; index++) ids[index] = IdOf(accesses[index].Page);
    }

    /// <summary>The place of a page, or the empty place for it.</summary>
    private ref Numbered PlaceOf(ulong page)
    {
        Numbered[] places = _places;
        int mask = places.Length - 1;
        int index = (int)((page * Golden) >> (HashBitCount - BitOperations.Log2((uint)places.Length)));
        while (!places[index].IsEmpty && places[index].Page != page) index = (index + 1) & mask;
        return ref places[index];
    }

    private void Grow()
    {
        Numbered[] old = _places;
        _places = new Numbered[2L * old.Length];
        foreach (Numbered numbered in old)
            if (!numbered.IsEmpty) PlaceOf(numbered.Page) = numbered;
    }

    /// <summary>A page and its number; the default is an empty place.</summary>
    private readonly struct Numbered(ulong page, int id)
    {
        private readonly int _number = id + 1;

        public ulong Page { get; } = page;

        public int Id => _number - 1;

        public bool IsEmpty => _number == 0;
    }
}
