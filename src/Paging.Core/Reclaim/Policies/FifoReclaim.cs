namespace Paging.Core.Reclaim;

/// <summary>FIFO: the page loaded longest ago leaves, however much it is used.</summary>
public struct FifoReclaim : IReclaimPolicy
{
    private SlotQueue _queue;

    /// <summary>Makes it for so many frames.</summary>
    public static FifoReclaim Create(int frameCount) => new() { _queue = new(frameCount) };

    /// <inheritdoc/>
    public readonly void Missed(PageIdentity page)
    {
    }

    /// <inheritdoc/>
    public void Loaded(int slot, PageIdentity page) => _queue.AddNewest(slot);

    /// <inheritdoc/>
    public readonly void Hit(int slot)
    {
    }

    /// <inheritdoc/>
    public readonly int FindVictim<TBits>(ref TBits bits) where TBits : struct, IAccessedBits => _queue.Oldest;

    /// <inheritdoc/>
    public void Evicted(int slot, PageIdentity page) => _queue.Remove(slot);

    /// <inheritdoc/>
    public void Removed(int slot) => _queue.Remove(slot);
}
