namespace Paging.Core.Tests;

/// <summary>Where the kernel puts a mapping, found by looking at every page (dialect, section 5).</summary>
/// <remarks>A byte a page: 0 free, otherwise a number for the area, with <see cref="Grows"/> where it grows down.</remarks>
internal sealed class PlacementModel(bool isTopDown, uint mmapBase)
{
    private const byte Grows = 0x80;
    private const uint UserPages = 0xC0000, LowestPage = 0x10, GuardGap = 256, SecondBase = 0x4_0000;

    private readonly byte[] _pages = new byte[UserPages];
    private byte _last;

    public void Add(uint first, uint count, bool grows)
    {
        _last = (byte)((_last % 100) + 1);
        _pages.AsSpan((int)first, (int)count).Fill((byte)(_last | (grows ? Grows : 0)));
    }

    public void Remove(uint first, uint count) => _pages.AsSpan((int)first, (int)count).Clear();

    /// <summary>Takes everything away.</summary>
    public void Clear() => _pages.AsSpan().Clear();

    public bool IsFree(uint first, uint count) => !_pages.AsSpan((int)first, (int)count).ContainsAnyExcept((byte)0);

    /// <summary>The first page of a mapping with a hint, 0 for none; or null: there is no room.</summary>
    /// <remarks>
    /// Huge pages ask for an alignment: the gap must hold what aligning could lose. Linux: unmapped_area and unmapped_area_topdown, whose
    /// length contains align_mask; the former adds it to the aligned place once more where it looks for the gap of a growing area.
    /// </remarks>
    public uint? Place(uint hint, uint count, uint alignment = 1)
    {
        if (hint is > 0 and < LowestPage) hint = LowestPage;
        if (hint != 0 && hint + count <= UserPages && IsFree(hint, count) && !IsTooNearToGrowing(hint, hint + count, out _)) return hint;
        if (!isTopDown) return Upwards(mmapBase, count, alignment);
        uint? found = Downwards(count, alignment, out bool hasWrapped);
        return found is not null || hasWrapped ? found : Upwards(SecondBase, count, alignment);
    }

    /// <summary>A limit of 0, below a growing area's gap, ends the search for good.</summary>
    private uint? Downwards(uint count, uint alignment, out bool hasWrapped)
    {
        hasWrapped = false;
        for (uint limit = mmapBase; ;)
        {
            if (LastFreeRun(limit, count + alignment - 1) is not { } end) return null;
            if (!IsTooNearToGrowing(end, end, out uint growing)) return (end - count) / alignment * alignment;
            limit = growing > GuardGap ? growing - GuardGap : 0;
            hasWrapped = limit == 0;
            if (hasWrapped) return null;
        }
    }

    private uint? Upwards(uint from, uint count, uint alignment)
    {
        uint searched = count + alignment - 1;
        for (uint low = Math.Max(from, LowestPage); ;)
        {
            if (FirstFreeRun(low, searched) is not { } gap) return null;
            uint first = (gap + alignment - 1) / alignment * alignment;
            if (!IsTooNearToGrowing(gap, first + searched, out uint growing)) return first;
            int length = _pages.AsSpan((int)growing).IndexOfAnyExcept(_pages[growing]);
            if (length < 0) return null;
            low = growing + (uint)length;
        }
    }

    /// <summary>The end of the highest run of free pages below a limit that is long enough.</summary>
    private uint? LastFreeRun(uint limit, uint count)
    {
        for (uint end = limit; end > LowestPage;)
        {
            Span<byte> below = _pages.AsSpan((int)LowestPage, (int)(end - LowestPage));
            end = LowestPage + (uint)(below.LastIndexOf((byte)0) + 1);
            uint first = LowestPage + (uint)(below[..(int)(end - LowestPage)].LastIndexOfAnyExcept((byte)0) + 1);
            if (end - first >= count) return end;
            end = first;
        }

        return null;
    }

    /// <summary>The start of the lowest run of free pages from a page on that is long enough.</summary>
    private uint? FirstFreeRun(uint from, uint count)
    {
        for (uint first = from; first < UserPages;)
        {
            int free = _pages.AsSpan((int)first).IndexOf((byte)0);
            if (free < 0) return null;
            first += (uint)free;
            int taken = _pages.AsSpan((int)first).IndexOfAnyExcept((byte)0);
            uint end = taken < 0 ? UserPages : first + (uint)taken;
            if (end - first >= count) return first;
            first = end;
        }

        return null;
    }

    /// <summary>The next area from a page on grows down, and begins less than 1 MiB above an end.</summary>
    private bool IsTooNearToGrowing(uint from, uint end, out uint growing)
    {
        int distance = _pages.AsSpan((int)from).IndexOfAnyExcept((byte)0);
        growing = from + (uint)Math.Max(distance, 0);
        return distance >= 0 && (_pages[growing] & Grows) != 0 && growing < end + GuardGap;
    }
}
