using Paging.Native;

namespace Paging.Core.Snapshots;

//   a page that is saved ──► in memory of the parent or its ancestors?     the parent's: a clone has not written it
//                        └─► as the parent's page at the same place?       the parent's: by content
//                        └─► else                                          the delta's own
/// <summary>Receives the pages of a delta, and keeps those that its parent does not have at the same place.</summary>
/// <param name="parent">The parent.</param>
internal sealed class DeltaPages(ImageContent parent)
{
    private const int PageLength = (int)VirtualAddress.PageSize, LooseLengthMax = 1 << 20;

    private readonly ImageContent[] _layers = [.. Enumerable.Range(0, parent.AncestorCount + 1).Select(i => parent.LayerAt((uint)i))];
    private readonly List<SlotRun> _slots = [];
    private Memory<byte> _own;
    private uint _ownCount;
    private PlacedRun[] _places = [];
    private int _at;    // the place that was found last: pages come in order

    /// <summary>The parent.</summary>
    public ImageContent Parent => parent;

    /// <summary>The pages that the delta has itself.</summary>
    public Memory<byte> Own => _own[..(int)(_ownCount << VirtualAddress.PageShift)];

    /// <summary>True if the pages lie anywhere in the heap, and entries cannot lead to them.</summary>
    public bool IsLoose => _own.Length <= LooseLengthMax;

    /// <summary>The places of the pages of the delta.</summary>
    public SlotRun[] Slots => [.. _slots];

    /// <summary>The next pages are those of a shared memory.</summary>
    public void BeginMemory(int index) => (_places, _at) = (parent.Places.OfMemory(index), 0);

    /// <summary>The next pages are those of a process.</summary>
    public void BeginProcess(int index) => (_places, _at) = (parent.Places.OfProcess(index), 0);

    /// <summary>Adds a page.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="page">Its number in the process or the shared memory; they ascend.</param>
    /// <exception cref="NotSupportedException">The delta has 2 GiB of pages of its own, or more.</exception>
    public void Add(ReadOnlySpan<byte> bytes, uint page)
    {
        if (Refer(bytes, 1) != 0 || TryReferByContent(bytes, page)) return;
        if (Own.Length == _own.Length) Grow();
        bytes.CopyTo(_own.Span[Own.Length..]);
        Append(0, _ownCount++, 1);
    }

    /// <summary>Adds pages that lie one after the other in memory of the parent or of an ancestor.</summary>
    /// <param name="first">The first page.</param>
    /// <param name="count">The number of pages, at least one.</param>
    /// <returns>The number that were added; 0: the first page lies elsewhere.</returns>
    public uint Refer(ReadOnlySpan<byte> first, uint count)
    {
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            ReadOnlySpan<byte> memory = _layers[layer].MappedPages.Span;
            if (!memory.Overlaps(first, out int offset)) continue;
            uint added = Math.Min(count, (uint)(memory.Length - offset) >> VirtualAddress.PageShift);
            Append((uint)layer + 1, (uint)offset >> VirtualAddress.PageShift, added);
            return added;
        }

        return 0;
    }

    private bool TryReferByContent(ReadOnlySpan<byte> bytes, uint page)
    {
        while (_at < _places.Length && _places[_at].First + _places[_at].Count <= page) _at++;
        if (_at == _places.Length || page < _places[_at].First) return false;
        uint slot = _places[_at].Slot + (page - _places[_at].First);
        int index = SlotRun.Find(parent.Slots, slot);
        if (index == parent.Slots.Length) return false;    // the form names more pages than there are
        SlotRun run = parent.Slots[index];
        uint at = run.Index + (slot - run.First);
        if (!_layers[run.Layer].Pages.Span.Slice((int)(at << VirtualAddress.PageShift), PageLength).SequenceEqual(bytes)) return false;
        Append(run.Layer + 1, at, 1);
        return true;
    }

    private void Append(uint layer, uint index, uint count)
    {
        uint next = 0;
        if (_slots.Count != 0)
        {
            SlotRun last = _slots[^1];
            next = last.End;
            if (last.Layer == layer && last.Index + last.Count == index)
            {
                _slots[^1] = last with { Count = last.Count + count };
                return;
            }
        }

        _slots.Add(new(next, count, layer, index));
    }

    // Memory for a few pages comes from the ordinary heap: memory that is pinned is new each time, and the host must commit it.
    private void Grow()
    {
        const int pagesAtFirst = 16, lengthMax = int.MaxValue / PageLength * PageLength - PageLength;    // what Allocate accepts
        long wanted = _own.Length == lengthMax ? int.MaxValue : Math.Clamp(_own.Length * 2L, pagesAtFirst * PageLength, lengthMax);
        Memory<byte> larger = wanted > LooseLengthMax ? ImageContent.Allocate(wanted) : GC.AllocateUninitializedArray<byte>((int)wanted);
        Own.CopyTo(larger);
        _own = larger;
    }
}
