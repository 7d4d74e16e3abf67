using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>The pages that a stub maps: a TLB without a limit, in which each entry is a mapping of the host.</summary>
/// <remarks>
/// <code>
///   word of a page   frame &lt;&lt; 3 | executable &lt;&lt; 2 | writable &lt;&lt; 1 | 1          0: not shown
/// </code>
/// An entry never allows more than the tables did when it was made. A page is writable here only if it is dirty already, so that its first
/// store faults and the walker sets D.
/// </remarks>
internal sealed class PageMirror
{
    private const int PagesOfRegion = 1024, RegionCount = 768;    // 4 MiB each, up to the kernel half
    private const ulong Shown = 1, Writable = 2, Executable = 4;
    private const int FrameShift = 3;

    private readonly ulong[]?[] _regions = new ulong[RegionCount][];
    private readonly List<int> _inUse = [];

    /// <summary>The number of pages that are shown.</summary>
    public int Count { get; private set; }

    /// <summary>The word with which a page may be shown as the tables are now; 0 if it was not accessed, or is the supervisor's.</summary>
    public static ulong WordOf(in WalkResult walk) =>
        !walk.Succeeded || !walk.EffectiveUser || !walk.Leaf.IsAccessed ? 0
            : WordOf(walk.Physical.Frame, walk.EffectiveWritable && walk.Leaf.IsDirty, !walk.EffectiveNoExecute);

    /// <summary>The word of a page that is shown.</summary>
    public static ulong WordOf(FrameNumber frame, bool isWritable, bool isExecutable) =>
        ((ulong)frame.Value << FrameShift) | Shown | (isWritable ? Writable : 0) | (isExecutable ? Executable : 0);

    /// <summary>The frame of a word that is not 0.</summary>
    public static FrameNumber FrameOf(ulong word) => new((uint)(word >> FrameShift));

    /// <summary>True if it can be executed.</summary>
    public static bool IsExecutable(ulong word) => (word & Executable) != 0;

    /// <summary>True if it can be written to.</summary>
    public static bool IsWritable(ulong word) => (word & Writable) != 0;

    /// <summary>The same word without the right to execute.</summary>
    public static ulong WithoutExecutable(ulong word) => word & ~Executable;

    /// <summary>PROT_READ, PROT_WRITE and PROT_EXEC.</summary>
    public static uint ProtectionOf(ulong word) => 1 | (uint)(word & (Writable | Executable));

    /// <summary>True if a word is that of the next frame, with the same rights.</summary>
    public static bool Follows(ulong word, ulong before) => word == before + (1 << FrameShift);

    /// <summary>The word of a page; 0 if it is not shown.</summary>
    public ulong this[PageNumber page] =>
        page.Value < RegionCount * PagesOfRegion && _regions[page.DirectoryIndex] is { } region ? region[page.TableIndex] : 0;

    /// <summary>Sets the word of a page.</summary>
    public void Set(PageNumber page, ulong word)
    {
        ref ulong[]? region = ref _regions[page.DirectoryIndex];
        if (region is null)
        {
            region = new ulong[PagesOfRegion];
            _inUse.Add(page.DirectoryIndex);
        }

        ref ulong entry = ref region[page.TableIndex];
        Count += (word == 0 ? 0 : 1) - (entry == 0 ? 0 : 1);
        entry = word;
    }

    /// <summary>Drops all entries.</summary>
    public void Clear()
    {
        foreach (int index in _inUse) _regions[index] = null;
        _inUse.Clear();
        Count = 0;
    }

    /// <summary>Takes away what the tables no longer allow: the rights of an entry, or all of it.</summary>
    /// <param name="range">The pages that are compared.</param>
    /// <param name="wordOf">Returns the word with which a page may be shown now.</param>
    /// <param name="changed">Receives each run of such pages, and the protection that is left; 0: they are gone.</param>
    public void Compare(PageRange range, Func<PageNumber, ulong> wordOf, Action<PageNumber, PageNumber, uint> changed)
    {
        if (range.Count.Value <= PagesOfRegion)
        {
            int last = (int)Math.Min((range.End.Value - 1) / PagesOfRegion, RegionCount - 1);
            for (int index = range.First.DirectoryIndex; index <= last; index++) CompareIn(index, range, wordOf, changed);
            return;
        }

        foreach (int index in _inUse) CompareIn(index, range, wordOf, changed);
    }

    /// <summary>Compares the pages of a range that lie in one region.</summary>
    private void CompareIn(int index, PageRange range, Func<PageNumber, ulong> wordOf, Action<PageNumber, PageNumber, uint> changed)
    {
        if (_regions[index] is not { } region) return;
        uint first = (uint)index * PagesOfRegion;
        int start = (int)Math.Max((long)range.First.Value - first, 0), end = (int)Math.Min((long)range.End.Value - first, PagesOfRegion);
        int from = -1;
        uint left = 0;
        for (int i = start; i <= end; i++)
        {
            if (from < 0 && i < end && region[i] == 0)
            {
                int hidden = region.AsSpan(i, end - i).IndexOfAnyExcept(0ul);
                if (hidden < 0) break;
                i += hidden;
            }

            bool isStale = i < end && region[i] != 0 && TryReduce(wordOf(new(first + (uint)i)), ref region[i]);
            uint protection = isStale ? region[i] == 0 ? 0 : ProtectionOf(region[i]) : 0;
            if (from >= 0 && isStale && protection == left) continue;
            if (from >= 0) changed(new(first + (uint)from), new(first + (uint)i), left);
            (from, left) = (isStale ? i : -1, protection);
        }
    }

    /// <summary>Reduces a word to what the tables allow. Returns false if they allow all of it.</summary>
    private bool TryReduce(ulong now, ref ulong shown)
    {
        ulong allowed = now >> FrameShift == shown >> FrameShift ? shown & now : 0;
        if (allowed == shown) return false;
        if (allowed == 0) Count--;
        shown = allowed;
        return true;
    }
}
