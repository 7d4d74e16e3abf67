using Paging.Traces.Reading;

namespace Paging.Policies.Tests;

/// <summary>A policy transcribed from its definition, with lists and dictionaries, sharing no line with the real one.</summary>
/// <remarks>A list's head is its beginning: index 0 is the newest.</remarks>
internal abstract class NaiveCache(int frameCount)
{
    private readonly HashSet<ulong> _dirty = [];
    private readonly HashSet<ulong> _resident = [];

    public long MissCount { get; private set; }

    public long DirtyEvictionCount { get; private set; }

    public IReadOnlySet<ulong> Resident => _resident;

    protected int C => frameCount;

    protected bool IsFull => _resident.Count == frameCount;

    /// <summary>Runs one access; true for a hit.</summary>
    public bool Access(TraceAccess access)
    {
        bool isHit = _resident.Contains(access.Page);
        if (isHit) Hit(access.Page);
        else
        {
            MissCount++;
            Miss(access.Page);
            _resident.Add(access.Page);
            Assert.True(_resident.Count <= frameCount);
        }
        if (access.IsStore) _dirty.Add(access.Page);
        return isHit;
    }

    protected abstract void Hit(ulong page);

    /// <summary>Makes room when the cache is full, then loads.</summary>
    protected abstract void Miss(ulong page);

    /// <summary>The policy has chosen.</summary>
    protected void Evict(ulong page)
    {
        Assert.True(_resident.Remove(page));
        if (_dirty.Remove(page)) DirtyEvictionCount++;
    }

    /// <summary>Takes the last element.</summary>
    protected static ulong Pop(List<ulong> list)
    {
        ulong page = list[^1];
        list.RemoveAt(list.Count - 1);
        return page;
    }
}
