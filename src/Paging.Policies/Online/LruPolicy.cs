using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>LRU: the page accessed longest ago leaves.</summary>
/// <remarks>
/// A stack algorithm: a page that is resident with n frames is resident with n + 1, so misses never rise with memory.
/// R. L. Mattson, J. Gecsei, D. R. Slutz, I. L. Traiger, "Evaluation techniques for storage hierarchies", IBM Systems
/// Journal 9(2), 1970. With hardware bits alone it is a second-chance list: a referenced tail is taken for newly used.
/// </remarks>
internal struct LruPolicy : IOnlinePolicy<LruPolicy>
{
    private const int Stack = 0;
    private SlotLists _lists;

    public static LruPolicy Create(int frameCount, int reservedFrameCount) => new() { _lists = new(listCount: 1, reservedFrameCount) };

    public readonly void Missed(ulong page)
    {
    }

    public void Loaded(int slot, ulong page) => _lists.Push(Stack, slot);

    public void Hit(int slot) => _lists.Move(Stack, Stack, slot);

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        int tail;
        while ((tail = _lists.Tail(Stack)) >= 0 && bits.TakeAccessed(tail)) Hit(tail);
        return Math.Max(tail, IReplacementPolicy.None);
    }

    public readonly void Evicted(int slot, ulong page) => Removed(slot);

    public readonly void Removed(int slot) => _lists.Take(Stack, slot);
}
