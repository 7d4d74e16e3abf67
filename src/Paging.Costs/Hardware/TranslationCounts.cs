using Paging.Native;

namespace Paging.Costs.Hardware;

/// <summary>Counts the work of one processor's translation hardware.</summary>
/// <remarks>Accesses and misses are kept by kind of access, misses also by the size of the page that was found in the end.</remarks>
public sealed class TranslationCounts
{
    private const int KindCount = 3, SizeCount = 2;

    private readonly long[] _accesses = new long[KindCount];
    private readonly long[] _firstMisses = new long[KindCount * SizeCount];
    private readonly long[] _walks = new long[KindCount * SizeCount];

    /// <summary>All accesses, each to one page.</summary>
    public long Accesses => _accesses.Sum();

    /// <summary>Accesses that the first TLB which serves them did not have.</summary>
    public long FirstMisses => _firstMisses.Sum();

    /// <summary>Accesses that ended in a walk and a translation: misses of the last level.</summary>
    public long Walks => _walks.Sum();

    /// <summary>Accesses that the second level answered.</summary>
    public long SecondHits { get; internal set; }

    /// <summary>Walks that found no translation, before a page fault.</summary>
    public long RefusedWalks { get; internal set; }

    /// <summary>Walks that only set D, for a store through a translation without it.</summary>
    public long DirtyWalks { get; internal set; }

    /// <summary>Table entries that walks have read.</summary>
    public long EntryReads { get; internal set; }

    /// <summary>Of them, those whose line was not in the cache of lines.</summary>
    public long LineMisses { get; internal set; }

    /// <summary>Entries that walks did not have to read, thanks to paging-structure caches.</summary>
    public long EntriesSkipped { get; internal set; }

    /// <summary>Loads of CR3.</summary>
    public long Cr3Loads { get; internal set; }

    /// <summary>INVLPG instructions.</summary>
    public long Invalidations { get; internal set; }

    /// <summary>Interrupts from other processors that asked for invalidations here.</summary>
    public long Shootdowns { get; internal set; }

    /// <summary>The accesses of a kind.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind; so with the others.</exception>
    public long AccessesOf(AccessKind kind) => _accesses[Checked(kind)];

    /// <summary>The misses of the first level, by kind of access and size of page.</summary>
    public long FirstMissesOf(AccessKind kind, bool isLarge) => _firstMisses[IndexOf((AccessKind)Checked(kind), isLarge)];

    /// <summary>The walks with a translation, by kind of access and size of page.</summary>
    public long WalksOf(AccessKind kind, bool isLarge) => _walks[IndexOf((AccessKind)Checked(kind), isLarge)];

    internal void Access(AccessKind kind, long times = 1) => _accesses[(int)kind] += times;

    internal void FirstMiss(AccessKind kind, bool isLarge) => _firstMisses[IndexOf(kind, isLarge)]++;

    internal void Walk(AccessKind kind, bool isLarge) => _walks[IndexOf(kind, isLarge)]++;

    /// <summary>The number of a kind. Throws if there is no such kind.</summary>
    internal static int Checked(AccessKind kind) => (uint)kind < KindCount ? (int)kind
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "An access is a read, a write or a fetch.");

    private static int IndexOf(AccessKind kind, bool isLarge) => ((int)kind * SizeCount) + (isLarge ? 1 : 0);
}
