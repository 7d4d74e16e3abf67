using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>FIFO: the page loaded longest ago leaves, however much it is used.</summary>
/// <remarks>
/// The floor of every comparison, and the one with the anomaly: more frames may mean more misses.
/// L. A. Belady, R. A. Nelson, G. S. Shedler, "An anomaly in space-time characteristics of certain programs running in a
/// paging machine", CACM 12(6), 1969.
/// </remarks>
internal struct FifoPolicy : IOnlinePolicy<FifoPolicy>
{
    private const int Queue = 0;
    private SlotLists _lists;

    public static FifoPolicy Create(int frameCount, int reservedFrameCount) => new() { _lists = new(listCount: 1, reservedFrameCount) };

    public readonly void Missed(ulong page)
    {
    }

    public void Loaded(int slot, ulong page) => _lists.Push(Queue, slot);

    public readonly void Hit(int slot)
    {
    }

    public readonly int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits =>
        Math.Max(_lists.Tail(Queue), IReplacementPolicy.None);

    public readonly void Evicted(int slot, ulong page) => Removed(slot);

    public readonly void Removed(int slot) => _lists.Take(Queue, slot);
}
