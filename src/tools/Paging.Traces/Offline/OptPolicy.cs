using Paging.Policies;

namespace Paging.Traces.Offline;

/// <summary>OPT by name of the victim: the page whose next access lies farthest in the future leaves.</summary>
/// <remarks><code>
/// For callers that have to evict a page, such as an engine that replays a trace. To count misses, <see cref="OptSimulator"/> needs
/// neither the future nor memory for it. Every access of the trace must arrive here, in order, as Hit or Loaded.
///
/// A heap of slots, the farthest next use on top; a hit only ever moves a page's next use away, so that it only rises.
/// Cost      O(log frames) an access
/// </code>
/// L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966.
/// </remarks>
public struct OptPolicy : IReplacementPolicy
{
    private readonly FutureUses _future;
    private int[] _heap;         // slots
    private Slot[] _slots;
    private int _residentCount;
    private int _access;         // of the trace

    /// <summary>No frame is in use yet.</summary>
    /// <param name="future">The trace's future.</param>
    /// <param name="reservedFrameCount">The number of frames to make arrays for now.</param>
    public OptPolicy(FutureUses future, int reservedFrameCount) =>
        (_future, _heap, _slots) = (future, new int[reservedFrameCount], new Slot[reservedFrameCount]);

    /// <inheritdoc/>
    public readonly void Missed(ulong page)
    {
    }

    /// <inheritdoc/>
    public void Loaded(int slot, ulong page)
    {
        if (_slots is null || slot >= _slots.Length) Grow(slot);
        Place(slot, _residentCount++);
        Hit(slot);
    }

    /// <inheritdoc/>
    public void Hit(int slot)
    {
        _slots[slot].NextUse = _future.NextUse(_access++);
        Rise(slot);
    }

    /// <inheritdoc/>
    public readonly int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits =>
        _residentCount == 0 ? IReplacementPolicy.None : _heap[0];

    /// <inheritdoc/>
    public void Evicted(int slot, ulong page) => Removed(slot);

    /// <inheritdoc/>
    public void Removed(int slot)
    {
        int place = _slots[slot].Place;
        int last = _heap[--_residentCount];
        if (last == slot) return;
        Place(last, place);
        Rise(last);
        Sink(last);
    }

    // Both arrays have a place for each slot: no more slots are resident than there are.
    private void Grow(int slot)
    {
        if (_slots is null) throw new InvalidOperationException("The default of a policy holds no pages. Make one with a future.");
        int length = (int)Math.Min(Math.Max(16, 2L * slot), Array.MaxLength);
        Array.Resize(ref _slots, length);
        Array.Resize(ref _heap, length);
    }

    private readonly void Place(int slot, int place)
    {
        _heap[place] = slot;
        _slots[slot].Place = place;
    }

    private readonly void Rise(int slot)
    {
        int place = _slots[slot].Place;
        for (int parent; place > 0 && NextUseAt(parent = (place - 1) / 2) < _slots[slot].NextUse; place = parent) Place(_heap[parent],
            place);
        Place(slot, place);
    }

    private readonly void Sink(int slot)
    {
        int place = _slots[slot].Place;
        for (int child; (child = (2 * place) + 1) < _residentCount; place = child)
        {
            if (child + 1 < _residentCount && NextUseAt(child + 1) > NextUseAt(child)) child++;
            if (NextUseAt(child) <= _slots[slot].NextUse) break;
            Place(_heap[child], place);
        }
        Place(slot, place);
    }

    private readonly int NextUseAt(int place) => _slots[_heap[place]].NextUse;

    private struct Slot
    {
        public int NextUse;
        public int Place;    // in the heap
    }
}
