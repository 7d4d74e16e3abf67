using System.Diagnostics.CodeAnalysis;
using Paging.Native.Memory;

namespace Paging.Native.Translation;

/// <summary>Hands out and recycles the storage of translation caches, and limits how many hold some at a time.</summary>
/// <remarks>
/// Without a limit of the host's choice, 64 caches hold storage, and one more each time that a cache comes back which had to give its own
/// to another: spaces that take turns then miss once each, not in every hold. That ends at 4,096 caches, or when the host has committed
/// 256 MiB.
/// <code>
/// Always holds    X5  a pair lies either with one attached cache or on the free stack; those on the stack are all zero
///                 X6  the shared pair is all zero: it means "nothing cached" in every cache without storage
/// Cost            attaching and detaching: a few stores, plus clearing the filled words; a new pair only if none is free,
///                 for a fresh mapping of the host costs 30 µs
/// </code></remarks>
internal sealed class TranslationPool : IDisposable
{
    /// <summary>The number of caches that may hold storage before any comes back: 1 GiB of addresses, little of it committed.</summary>
    public const int UsualAttachedCountMax = 64;

    private const int GrownCountMax = 4096;    // 64 GiB of addresses, as many mappings of the host
    private const long GrownBytesMax = 256 << 20;

    private readonly Stack<AddendPair> _free;    // the pair given back last is the warmest
    private readonly bool _grows;
    private TranslationCache? _attachedFirst, _attachedLast;    // in the order of attaching
    private readonly Action<TranslationCache>? _checkUser;
    private Func<bool>? _settle;    // of an engine with many threads
    private bool _isDisposed;

    /// <summary>Makes a pool whose only storage is the shared pair.</summary>
    /// <param name="attachedCountMax">The largest number of caches that hold storage at a time, at least one; null: by need.</param>
    /// <param name="checkUser">Throws if the calling thread may not use a cache; called for each hit while cheap checks are on.</param>
    public TranslationPool(int? attachedCountMax = null, Action<TranslationCache>? checkUser = null)
    {
        _checkUser = checkUser;
        AttachedCountMax = attachedCountMax ?? UsualAttachedCountMax;
        ArgumentOutOfRangeException.ThrowIfLessThan(AttachedCountMax, 1, nameof(attachedCountMax));
        _grows = attachedCountMax is null;
        _free = new(AttachedCountMax);    // giving a pair back allocates nothing
        Untouched = new(isShared: true);
    }

    /// <summary>The shared pair of zeros. Never stored to. Outlives the pool as long as a cache refers to it.</summary>
    public AddendPair Untouched { get; }

    /// <summary>The largest number of caches that hold storage at a time, for now.</summary>
    public int AttachedCountMax { get; private set; }

    /// <summary>The most that the host has committed for pairs, in bytes.</summary>
    public long CommittedBytes { get; private set; }

    /// <summary>The number of caches that hold storage now.</summary>
    public int AttachedCount { get; private set; }

    /// <summary>The number of pairs that wait for a cache.</summary>
    public int FreeCount => _free.Count;

    /// <summary>The number of pairs ever made; recycling keeps this low.</summary>
    public int PairCount { get; private set; }

    /// <summary>The windows of the host that caches have.</summary>
    public WindowMappings Windows { get; } = new();

    /// <summary>Several threads use the caches: a word is read before its removal counts as one.</summary>
    public bool IsShared => _settle is not null;

    /// <summary>The number of removals of translations that a thread may have found.</summary>
    public ulong Removals { get; set; }

    /// <summary>Lets several threads use the caches. Called when the part that waits for them is made, before there is a cache.</summary>
    /// <param name="settle">Waits until no thread uses the translations taken away. False: one still may.</param>
    public void Share(Func<bool> settle) => _settle = settle;

    /// <summary>Throws if the calling thread may not use a cache.</summary>
    public void CheckUser(TranslationCache cache) => _checkUser?.Invoke(cache);

    /// <summary>Gives storage to a cache that has none. Over the limit, the cache attached longest ago loses its own.</summary>
    /// <remarks>A cache that has lost its own so, and comes back, raises the limit by one instead, if it may grow.</remarks>
    /// <returns>False when the pool is disposed or the host has no more memory: accesses then continue to miss.</returns>
    public bool TryAttach(TranslationCache cache, [NotNullWhen(true)] out AddendPair? pair)
    {
        pair = null;
        if (_isDisposed) return false;
        if (AttachedCount == AttachedCountMax && !TryGrow(cache, out pair)) TakeFirst();
        if (pair is null && _free.Count > 0 && _settle?.Invoke() != false) pair = _free.Pop();
        if (pair is null && !TryMakePair(out pair)) return false;

        cache.HasLostStorage = false;
        cache.AttachedBefore = _attachedLast;
        cache.AttachedAfter = null;
        if (_attachedLast is null) _attachedFirst = cache;
        else _attachedLast.AttachedAfter = cache;
        _attachedLast = cache;
        AttachedCount++;
        return true;
    }

    /// <summary>Takes storage back from a cache, which has cleared it.</summary>
    public void TakeBack(TranslationCache cache, AddendPair pair)
    {
        if (cache.AttachedBefore is null) _attachedFirst = cache.AttachedAfter;
        else cache.AttachedBefore.AttachedAfter = cache.AttachedAfter;
        if (cache.AttachedAfter is null) _attachedLast = cache.AttachedBefore;
        else cache.AttachedAfter.AttachedBefore = cache.AttachedBefore;
        cache.AttachedBefore = cache.AttachedAfter = null;
        AttachedCount--;
        _free.Push(pair);
    }

    /// <summary>Notes that a region of 4 MiB of a pair is about to be filled: the host commits two pages of each table for it.</summary>
    public void NoteRegion(AddendPair pair, int region)
    {
        const int RegionBytes = 4 * 4096;
        if (_grows && pair.Commit(region)) CommittedBytes += RegionBytes;
    }

    /// <summary>Recounts the pairs, and checks every word that must be zero in the pages that were ever written to.</summary>
    public void Audit(AuditReport report)
    {
        int attached = 0;
        TranslationCache? before = null;
        for (TranslationCache? cache = _attachedFirst; cache is not null; before = cache, cache = cache.AttachedAfter)
        {
            attached++;
            if (cache.AttachedBefore != before) report.Add("X5", $"attached cache {attached} does not point back to the one before it");
            if (!cache.IsAttached) report.Add("X5", $"attached cache {attached} has no storage");
            CheckBetweenGroups(cache, report);
        }

        if (before != _attachedLast) report.Add("X5", "the list of attached caches does not end at the recorded last one");
        report.AddIfDifferent("X5", "attached caches", attached, AttachedCount);
        report.AddIfDifferent("X5", "pairs attached or free", attached + _free.Count, PairCount);
        foreach ((int i, AddendPair pair) in _free.Index())
        {
            TouchedPages touched = pair.Touched;
            if (AddendPair.HasAny(touched, pair.ReadWords)) report.Add("X5", $"free pair {i} still translates reads");
            if (AddendPair.HasAny(touched, pair.WriteWords)) report.Add("X5", $"free pair {i} still translates writes");
        }

        if (AddendPair.HasAny(Untouched.Touched, Untouched.ReadWords)) report.Add("X6", "the shared pair of zeros was written to");
    }

    /// <summary>X4  all that is cached lies in marked groups, or it would survive the clearing.</summary>
    private static void CheckBetweenGroups(TranslationCache cache, AuditReport report)
    {
        TouchedPages touched = cache.Pair.Touched;
        for (int region = 0; region < 1024; region++)
        {
            if (!cache.Filled.Agrees(region)) report.Add("X4", $"region {region} and its groups disagree about what is filled");
            CheckBetweenGroups(cache, region, touched, cache.Pair.ReadWords, "reads", report);
            CheckBetweenGroups(cache, region, touched, cache.Pair.WriteWords, "writes", report);
        }
    }

    private static void CheckBetweenGroups(
        TranslationCache cache, int region, TouchedPages touched, ReadOnlySpan<long> words, string uses, AuditReport report)
    {
        if (!AddendPair.HasAny(touched, words.Slice(region << 10, 1024))) return;
        for (int page = region << 10; page < (region + 1) << 10; page += FilledGroups.PagesEach)
        {
            if (!cache.IsFilled(new((uint)page)) && words.Slice(page, FilledGroups.PagesEach).ContainsAnyExcept(0L))
                report.Add("X4", $"the group of page {page:x5} translates {uses} but is not marked as filled");
        }
    }

    /// <summary>Takes all storage back and frees it. The caches live on and miss.</summary>
    /// <remarks>The shared pair stays until the last cache is collected: their pointers lead into it.</remarks>
    public void Dispose()
    {
        _isDisposed = true;
        while (_attachedFirst is not null) _attachedFirst.Detach();
        while (_free.TryPop(out AddendPair? pair)) pair.Dispose();
        PairCount = 0;
    }

    private void TakeFirst()
    {
        TranslationCache first = _attachedFirst!;
        first.Detach();
        first.HasLostStorage = true;
    }

    /// <summary>Makes a pair beyond the limit, and raises it.</summary>
    private bool TryGrow(TranslationCache cache, [NotNullWhen(true)] out AddendPair? pair)
    {
        pair = null;
        if (!_grows || !cache.HasLostStorage || AttachedCountMax == GrownCountMax || CommittedBytes >= GrownBytesMax) return false;
        if (!TryMakePair(out pair)) return false;
        _ = _free.EnsureCapacity(++AttachedCountMax);
        return true;
    }

    private bool TryMakePair([NotNullWhen(true)] out AddendPair? pair)
    {
        try
        {
            pair = new(isShared: false);
        }
        catch (OutOfMemoryException)    // of the host; not fatal, only slow
        {
            pair = null;
            return false;
        }

        PairCount++;
        return true;
    }
}
