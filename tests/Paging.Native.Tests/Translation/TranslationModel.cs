using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>A cache, and beside it the expected answers: a dictionary of pages for each use, and a list of pages taken away.</summary>
internal sealed class TranslationModel(TableWorld world)
{
    private const uint RamFrames = 256, WindowFrames = 2;

    private readonly Dictionary<uint, nint> _read = [], _write = [];
    private readonly List<uint?> _lost = [];    // for each step of the epoch: the page, if it was one page
    private bool _watches;

    public TranslationCache Cache { get; } = new(world.Pool);

    public ulong LastRemoval { get; set; }

    /// <summary>One random step. Returns true if it takes away what another thread may use: cached, or held back.</summary>
    public bool Step(Random random, uint[] pages)
    {
        uint page = pages[random.Next(pages.Length)];
        PageRange range = SomeRange(random, pages);
        switch (random.Next(16))
        {
            case 0:
            case 1:
            case 2:
            case 3:
                Fill(page, SomeEntry(random));
                return false;
            case 4:
                PageTableEntry granted = SomeEntry(random);
                Fill(page, granted);    // a writable page is readable
                Cache.GrantWrite(new(page), granted, world.Ram);
                if (IsReadable(granted) && IsWritten(granted) && HostOf(granted) is nint host) _write[page] = host;
                return false;
            case 5:
                return FillRun(random, page);
            case 6:
                Cache.ObservesWrites = _watches = !_watches;
                return false;
            case 7:
                Cache.Invalidate(new(page));
                return Drop([page], page, alsoReads: true, grows: true);
            case 8:
                Cache.InvalidateWrite(new(page));
                return Drop([page], lost: null, alsoReads: false, grows: true);
            case 9:
                Cache.ForgetWrite(new(page));
                return Drop([page], lost: null, alsoReads: false, grows: false) || Cache.HasUncached;
            case 10:
                Cache.InvalidateFetch(new(page));
                Drop([], page, alsoReads: false, grows: true);
                return true;
            case 11:
            case 12:
                Cache.InvalidateRange(range);
                return Drop(Inside(range), range.Count == PageCount.One ? range.First.Value : null, alsoReads: true, !range.IsEmpty);
            case 13:
                Cache.InvalidateWriteRange(range);
                return Drop(Inside(range), lost: null, alsoReads: false, !range.IsEmpty);
            case 14:
                return Rare(random);
            default:
                Cache.EndEpoch();
                Drop([], lost: null, alsoReads: false, grows: true);
                return false;
        }
    }

    /// <summary>Compares all that can be seen of the cache.</summary>
    public void Verify(uint[] pages)
    {
        Assert.Equal((ulong)_lost.Count, Cache.Epoch);
        Assert.Equal(Cache.Epoch, Cache.ShowLosses().Count);
        if (_lost.Count > 0 && _lost[^1] is { } single) Assert.Equal(new(new(single), PageCount.One), Cache.ShowLosses()[Cache.Epoch - 1]);
        foreach (uint page in pages)
        {
            long guest = new PageNumber(page).Address.Value;
            Assert.Equal(_read.TryGetValue(page, out nint read) ? read - guest : 0, Cache.ReadAddend(new(page)));
            Assert.Equal(_write.TryGetValue(page, out nint write) ? write - guest : 0, Cache.WriteAddend(new(page)));
            for (int back = 0; back <= Math.Min(2, _lost.Count); back++)
                Assert.Equal(back == 1 && _lost[^1] == page, Cache.HasLostOnly(new(page), Cache.Epoch - (ulong)back));
        }
    }

    private bool Rare(Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                Cache.ForgetWrites();
                return Drop(Inside(PageTables.UserHalf), lost: null, alsoReads: false, grows: false) || Cache.HasUncached;
            case 1:
                Cache.InvalidateAll();
                return Drop(Inside(PageTables.UserHalf), lost: null, alsoReads: true, grows: true);
            default:
                bool isAttached = Cache.IsAttached;
                Cache.Detach();
                Assert.False(Cache.IsAttached);
                return Drop(Inside(PageTables.UserHalf), lost: null, alsoReads: true, grows: isAttached);
        }
    }

    private void Fill(uint page, PageTableEntry entry)
    {
        Cache.Fill(new(page), entry, world.Ram);
        if (!IsReadable(entry) || HostOf(entry) is not nint host) return;
        _read[page] = host;
        if (IsWritten(entry) && !_watches) _write[page] = host;
    }

    /// <summary>Up to three pages of one table; where the entry is zero, cached translations stay.</summary>
    /// <returns>True if pages were held back until now.</returns>
    private bool FillRun(Random random, uint page)
    {
        int length = Math.Min(random.Next(4), 1024 - (int)(page & 1023));
        PageTableEntry[] entries = [.. Enumerable.Range(0, length).Select(_ => random.Next(3) == 0
            ? default
            : PageTableEntry.Map(new((uint)random.Next((int)RamFrames)), PageAccess.User).WithAccessed())];
        bool heldBack = Cache.HasUncached;
        Cache.HasUncached = random.Next(3) == 0;
        Cache.FillReads(new(page), entries, world.Ram);
        for (int at = 0; at < length && !Cache.HasUncached; at++)
            if (HostOf(entries[at]) is nint host && !entries[at].IsNeverTouched) _read[page + (uint)at] = host;
        return heldBack && !Cache.HasUncached;
    }

    private bool Drop(IReadOnlyCollection<uint> gone, uint? lost, bool alsoReads, bool grows)
    {
        bool any = false;
        foreach (uint page in gone) any |= _write.Remove(page) | (alsoReads && _read.Remove(page));
        if (grows) _lost.Add(lost);
        return any || (grows && Cache.HasUncached);
    }

    private uint[] Inside(PageRange range) => [.. _read.Keys.Concat(_write.Keys).Distinct().Where(page => range.Contains(new(page)))];

    private static PageRange SomeRange(Random random, uint[] pages)
    {
        uint first = pages[random.Next(pages.Length)], last = pages[random.Next(pages.Length)];
        uint count = random.Next(4) == 0 ? (uint)random.Next(4) : Math.Max(first, last) - Math.Min(first, last) + (uint)random.Next(2);
        return new(new(Math.Min(first, last)), new(Math.Min(count, 0xC0000 - Math.Min(first, last))));
    }

    /// <summary>Mostly a page that may be cached, with frames at both ends of RAM and of the window.</summary>
    private static PageTableEntry SomeEntry(Random random)
    {
        uint[] frames = [0, 1, 100, RamFrames - 1, RamFrames, RamFrames + WindowFrames - 1, RamFrames + WindowFrames];
        ulong word = PageTableEntry.Map(new(frames[random.Next(frames.Length)]), PageAccess.User | PageAccess.Write)
            .WithAccessed().WithDirty().Word;
        ulong[] bits = [EntryBits.Present, EntryBits.User, EntryBits.Writable, EntryBits.Accessed, EntryBits.Dirty, 0, 0, 0, 0, 0];
        return new(word & ~bits[random.Next(bits.Length)]);
    }

    private static bool IsReadable(PageTableEntry entry) => entry.IsPresent && entry.IsUser && entry.IsAccessed;

    private static bool IsWritten(PageTableEntry entry) => entry.IsWritable && entry.IsDirty;

    // SAFETY: the frame is compared with the end of RAM and of the window; nothing is followed.
    private unsafe nint? HostOf(PageTableEntry entry)
    {
        uint frame = entry.Frame.Value;
        if (frame < RamFrames) return (nint)world.Ram.HostAddress(new(0)) + ((nint)frame << 12);
        if (frame >= RamFrames + WindowFrames) return null;
        return (nint)world.Ram.Windows[0].AddressOf(new(RamFrames)) + ((nint)(frame - RamFrames) << 12);
    }
}
