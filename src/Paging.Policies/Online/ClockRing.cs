using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>The ring of both CLOCK policies: frames, one reference bit each, and a hand.</summary>
/// <remarks><code>
///            ┌───┐  hand          while the page under the hand is referenced: clear its bit, advance;
///        ┌───┤ 1 ├──▼┐            the first that is not is the victim, and the hand moves past it
///      ┌─┴─┐ └───┘ ┌─┴─┐
///      │ 0 │       │ 1 │          empty places (only after Removed) are passed over
///      └─┬─┘ ┌───┐ └─┬─┘
///        └───┤ 0 ├───┘            Cost  O(1) amortised: each step of the hand clears a bit that an access set
///            └───┘
/// </code></remarks>
internal struct ClockRing
{
    private Place[] _places;
    private int _length;    // the ring: slots ever loaded
    private int _hand;

    public ClockRing(int reservedFrameCount)
    {
        _places = new Place[reservedFrameCount];
        _length = 0;
        _hand = 0;
        ResidentCount = 0;
    }

    public int ResidentCount { get; private set; }

    public void Load(int slot, bool isReferenced)
    {
        ArrayGrowth.Ensure(ref _places, slot);
        ArrayGrowth.At(_places, slot) = isReferenced ? Place.Referenced : Place.Resident;
        _length = Math.Max(_length, slot + 1);
        ResidentCount++;
    }

    public readonly void Reference(int slot) => ArrayGrowth.At(_places, slot) = Place.Referenced;

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        if (ResidentCount == 0) return IReplacementPolicy.None;
        while (true)
        {
            if (_hand >= _length) _hand = 0;
            Place place = _places[_hand];
            bool isReferenced = place != Place.Empty && bits.TakeAccessed(_hand);    // read first: the read clears the bit
            if (place == Place.Resident && !isReferenced) return _hand;
            if (place == Place.Referenced) _places[_hand] = Place.Resident;
            _hand++;
        }
    }

    public void Evict(int slot)
    {
        Remove(slot);
        _hand = slot + 1;
    }

    public void Remove(int slot)
    {
        ArrayGrowth.At(_places, slot) = Place.Empty;
        ResidentCount--;
    }

    private enum Place : byte
    {
        Empty,
        Resident,
        Referenced,
    }
}
