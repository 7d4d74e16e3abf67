namespace Paging.Core.Reclaim;

/// <summary>CLOCK: frames in a ring; the hand clears the bits of those that were used and takes the first that was not.</summary>
/// <remarks>The access that loads a page sets its bit, as an x86 does. Accessed bits are all it ever knew: it is exact with them.</remarks>
public struct ClockReclaim : IReclaimPolicy
{
    private const byte Empty = 0, Unused = 1, Used = 2;

    private byte[] _places;
    private int _length, _hand, _residentCount;

    /// <summary>Makes it for so many frames.</summary>
    public static ClockReclaim Create(int frameCount) => new() { _places = new byte[frameCount] };

    /// <inheritdoc/>
    public readonly void Missed(PageIdentity page)
    {
    }

    /// <inheritdoc/>
    public void Loaded(int slot, PageIdentity page)
    {
        _places[slot] = Used;
        _length = Math.Max(_length, slot + 1);
        _residentCount++;
    }

    /// <inheritdoc/>
    public readonly void Hit(int slot) => _places[slot] = Used;

    /// <inheritdoc/>
    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IAccessedBits
    {
        if (_residentCount == 0) return IReclaimPolicy.None;
        while (true)
        {
            if (_hand >= _length) _hand = 0;
            byte place = _places[_hand];
            bool isAccessed = place != Empty && bits.TakeAccessed(_hand);    // asked first: the question clears
            if (place == Unused && !isAccessed) return _hand;
            if (place == Used) _places[_hand] = Unused;
            _hand++;
        }
    }

    /// <inheritdoc/>
    public void Evicted(int slot, PageIdentity page)
    {
        Removed(slot);
        _hand = slot + 1;
    }

    /// <inheritdoc/>
    public void Removed(int slot)
    {
        _places[slot] = Empty;
        _residentCount--;
    }
}
