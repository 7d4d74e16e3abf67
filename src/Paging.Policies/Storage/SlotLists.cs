namespace Paging.Policies.Storage;

/// <summary>A few doubly linked lists of slots in one array; a slot is in at most one of them. The head is the newest.</summary>
/// <remarks><code>
///   node    0 … listCount − 1            listCount + slot
///           one for each list            one for each slot, made when the slot is first pushed
///
///   a list is a ring through its own node, so that no end needs a test:
///
///           ┌──► list ──Older──► head ──Older──► … ──Older──► tail ──┐
///           └────────────────────────── Older ───────────────────────┘     Newer: the same, backwards
///
/// Cost      every operation is O(1); Push allocates when it meets a slot beyond all earlier ones
/// </code></remarks>
internal struct SlotLists
{
    private readonly int _listCount;
    private readonly int[] _counts;    // of each list
    private Link[] _links;

    public SlotLists(int listCount, int reservedSlotCount)
    {
        _listCount = listCount;
        _counts = new int[listCount];
        _links = new Link[listCount + reservedSlotCount];
        for (int list = 0; list < listCount; list++) _links[list] = new(list, list);
    }

    /// <summary>Slots in a list.</summary>
    public readonly int Count(int list)
    {
        Unmade.ThrowIf(_counts);
        return _counts[list];
    }

    /// <summary>The oldest slot of a list; negative when it is empty.</summary>
    public readonly int Tail(int list)
    {
        Unmade.ThrowIf(_links);
        return _links[list].Newer - _listCount;
    }

    /// <summary>The neighbour towards the head; negative for the head.</summary>
    public readonly int Newer(int slot)
    {
        Unmade.ThrowIf(_links);
        return _links[_listCount + slot].Newer - _listCount;
    }

    /// <summary>Puts a slot that is in no list at the head of one.</summary>
    public void Push(int list, int slot)
    {
        Unmade.ThrowIf(_links);
        int node = _listCount + slot;
        if (node >= _links.Length) Grow(node);
        int head = _links[list].Older;
        _links[node] = new(list, head);
        _links[head].Newer = node;
        _links[list].Older = node;
        _counts[list]++;
    }

    /// <summary>Takes a slot out of the list it is in.</summary>
    public readonly void Take(int list, int slot)
    {
        Unmade.ThrowIf(_links);
        Link link = _links[_listCount + slot];
        _links[link.Newer].Older = link.Older;
        _links[link.Older].Newer = link.Newer;
        _counts[list]--;
    }

    /// <summary>Moves a slot from the list it is in to the head of another, or of the same.</summary>
    public void Move(int from, int to, int slot)
    {
        Take(from, slot);
        Push(to, slot);
    }

    private void Grow(int node) => Array.Resize(ref _links, ArrayGrowth.LengthFor(node));

    private record struct Link(int Newer, int Older);
}
