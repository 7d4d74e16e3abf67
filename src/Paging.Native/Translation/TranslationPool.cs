using System.Diagnostics.CodeAnalysis;
using Paging.Native.Memory;

namespace Paging.Native.Translation;

/// <summary>Hands out and recycles the storage of translation caches, and limits how many hold some at a time.</summary>
/// <remarks><code>
/// Always holds    X5  a pair lies either with one attached cache or on the free stack; those on the stack are all zero
///                 X6  the shared pair is all zero: it means "nothing cached" in every cache without storage
/// Cost            attaching and detaching: a few stores, plus clearing the filled words; a new pair only if none is free,
///                 for a fresh mapping of the host costs 30 µs
/// </code></remarks>
internal sealed class TranslationPool : IDisposable
{
    /// <summary>The default number of caches that may hold storage at a time: 1 GiB of addresses, little of it committed.</summary>
    public const int DefaultAttachedCountMax = 64;

    private readonly AddendPair[] _free;    // a stack: the pair given back last is the warmest
    private int _freeCount;
    private TranslationCache? _attachedFirst, _attachedLast;    // in the order of attaching
    private readonly Action<TranslationCache>? _checkUser;
    private Func<bool>? _settle;    // of an engine with many threads
    private bool _isDisposed;

    /// <summary>Makes a pool whose only storage is the shared pair.</summary>
    /// <param name="attachedCountMax">The largest number of caches that hold storage at a time, at least one.</param>
    /// <param name="checkUser">Throws if the calling thread may not use a cache; called for each hit while cheap checks are on.</param>
    public TranslationPool(int attachedCountMax = DefaultAttachedCountMax, Action<TranslationCache>? checkUser = null)
    {
        _checkUser = checkUser;
        ArgumentOutOfRangeException.ThrowIfLessThan(attachedCountMax, 1);
        AttachedCountMax = attachedCountMax;
        _free = new AddendPair[attachedCountMax];
        Untouched = new(isShared: true);
    }

    /// <summary>The shared pair of zeros. Never stored to. Outlives the pool as long as a cache refers to it.</summary>
    public AddendPair Untouched { get; }

    /// <summary>The largest number of caches that hold storage at a time.</summary>
    public int AttachedCountMax { get; }

    /// <summary>The number of caches that hold storage now.</summary>
    public int AttachedCount { get; private set; }

    /// <summary>The number of pairs that wait for a cache.</summary>
    public int FreeCount => _freeCount;

    /// <summary>The number of pairs ever made; recycling keeps this low.</summary>
    public int PairCount { get; private set; }

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
    /// <returns>False when the pool is disposed or the host has no more memory: accesses then continue to miss.</returns>
    public bool TryAttach(TranslationCache cache, [NotNullWhen(true)] out AddendPair? pair)
    {
        pair = null;
        if (_isDisposed) return false;
        if (AttachedCount == AttachedCountMax) _attachedFirst!.Detach();
        if (_freeCount > 0 && _settle?.Invoke() != false) pair = _free[--_freeCount];
        else if (!TryMakePair(out pair)) return false;

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
        _free[_freeCount++] = pair;
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
        report.AddIfDifferent("X5", "pairs attached or free", attached + _freeCount, PairCount);
        for (int i = 0; i < _freeCount; i++)
        {
            TouchedPages touched = _free[i].Touched;
            if (AddendPair.HasAny(touched, _free[i].ReadWords)) report.Add("X5", $"free pair {i} still translates reads");
            if (AddendPair.HasAny(touched, _free[i].WriteWords)) report.Add("X5", $"free pair {i} still translates writes");
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
        while (_freeCount > 0) _free[--_freeCount].Dispose();
        PairCount = 0;
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
