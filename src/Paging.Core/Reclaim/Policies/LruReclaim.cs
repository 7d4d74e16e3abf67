namespace Paging.Core.Reclaim;

/// <summary>LRU: the page accessed longest ago leaves. Exact where accesses are reported; with accessed bits alone a second-chance queue.</summary>
public struct LruReclaim : IReclaimPolicy
{
    private SlotQueue _stack;

    /// <summary>Makes it for so many frames.</summary>
    public static LruReclaim Create(int frameCount) => new() { _stack = new(frameCount) };

    /// <inheritdoc/>
    public readonly void Missed(PageIdentity page)
    {
    }

    /// <inheritdoc/>
    public void Loaded(int slot, PageIdentity page) => _stack.AddNewest(slot);

    /// <inheritdoc/>
    public void Hit(int slot)
    {
        _stack.Remove(slot);
        _stack.AddNewest(slot);
    }

    /// <inheritdoc/>
    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IAccessedBits
    {
        while (_stack.Oldest != IReclaimPolicy.None && bits.TakeAccessed(_stack.Oldest)) Hit(_stack.Oldest);
        return _stack.Oldest;
    }

    /// <inheritdoc/>
    public void Evicted(int slot, PageIdentity page) => _stack.Remove(slot);

    /// <inheritdoc/>
    public void Removed(int slot) => _stack.Remove(slot);
}
