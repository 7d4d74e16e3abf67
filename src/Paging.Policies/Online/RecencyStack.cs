using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>
/// The lists of <see cref="LirsPolicy"/>: stack S of resident and remembered pages, queue Q, and the order of forgetting.
/// </summary>
/// <remarks><code>
/// A node is a page, resident in a slot or remembered by its number. It may be on S, and on one of the other lists:
///   LIR          S
///   HIR          Q, and perhaps S
///   remembered   S and Remembered; off S it is forgotten
/// </code></remarks>
internal struct RecencyStack
{
    private const int Stack = 0;
    private const int Queue = 0, Remembered = 1, Free = 2, Nowhere = -1;
    private SlotLists _recency;    // S: one list
    private SlotLists _others;     // Q, Remembered, Free
    private Node[] _nodes;
    private int _nodeCount;        // ever used
    private int[] _nodeOfSlot;
    private PageIndex _index;      // remembered pages only

    public RecencyStack(int reservedSlotCount)
    {
        int reservedNodeCount = (2 * reservedSlotCount) + 2;
        _recency = new(listCount: 1, reservedNodeCount);
        _others = new(listCount: 3, reservedNodeCount);
        _nodes = new Node[reservedNodeCount];
        _nodeOfSlot = new int[reservedSlotCount];
        _index = new(reservedSlotCount + 1, reservedNodeCount);
        _nodeCount = 0;
        LowCount = 0;
    }

    /// <summary>LIR pages.</summary>
    public int LowCount { get; private set; }

    /// <summary>Pages remembered.</summary>
    public readonly int RememberedCount => _others.Count(Remembered);

    /// <summary>The node at Q's front; negative when Q is empty.</summary>
    public readonly int QueueFront => _others.Tail(Queue);

    /// <summary>The node at S's bottom; negative when S is empty.</summary>
    public readonly int Bottom => _recency.Tail(Stack);

    /// <summary>The node of a resident page.</summary>
    /// <exception cref="ArgumentException">No page is loaded in the slot.</exception>
    public readonly int NodeOf(int slot)
    {
        Unmade.ThrowIf(_nodeOfSlot);
        int node = (uint)slot < (uint)_nodeOfSlot.Length ? _nodeOfSlot[slot] : Nowhere;
        bool isResident = node >= 0 && node < _nodeCount && _nodes[node].Slot == slot && _nodes[node].Other is not (Remembered or Free);
        return isResident ? node : throw new ArgumentException($"No page is loaded in slot {slot}.", nameof(slot));
    }

    /// <summary>The slot of a resident page.</summary>
    public readonly int SlotOf(int node) => _nodes[node].Slot;

    /// <summary>Is the page LIR?</summary>
    public readonly bool IsLow(int node) => _nodes[node].IsLow;

    /// <summary>Is the page on S?</summary>
    public readonly bool IsOnStack(int node) => _nodes[node].IsOnStack;

    /// <summary>The node of a remembered page; negative for others.</summary>
    public readonly int FindRemembered(ulong page) => _index.Find(page);

    /// <summary>Makes a node for a page that is not remembered. The node is on no list yet.</summary>
    public int AddResident(int slot)
    {
        int node = _others.Tail(Free);
        if (node >= 0) _others.Take(Free, node);
        else node = _nodeCount++;
        ArrayGrowth.Ensure(ref _nodes, node);
        _nodes[node] = new() { Other = Nowhere };
        Bind(node, slot);
        return node;
    }

    /// <summary>A remembered page has come back.</summary>
    public void MakeResident(int node, int slot)
    {
        _index.Remove(node);
        SetOther(node, Nowhere);
        Bind(node, slot);
    }

    /// <summary>A page on S and Q leaves its slot, but not S.</summary>
    public void Remember(int node, ulong page)
    {
        _index.Add(page, node);
        SetOther(node, Remembered);
    }

    /// <summary>Forgets the page that was evicted longest ago.</summary>
    public void ForgetOldest() => Forget(_others.Tail(Remembered));

    /// <summary>Removes a resident page from every list, without remembering it.</summary>
    public void Delete(int node)
    {
        SetLow(node, isLow: false);
        if (_nodes[node].IsOnStack) TakeOffStack(node);
        SetOther(node, Free);
    }

    /// <summary>Moves a node to S's top, from any place on S or off it.</summary>
    public void PushOnStack(int node)
    {
        if (_nodes[node].IsOnStack) _recency.Take(Stack, node);
        _recency.Push(Stack, node);
        _nodes[node].IsOnStack = true;
    }

    /// <summary>Moves a node to Q's end, from any place on Q or off it.</summary>
    public void PushOnQueue(int node) => SetOther(node, Queue);

    /// <summary>Off Q, if it is there.</summary>
    public void TakeOffQueue(int node) => SetOther(node, Nowhere);

    /// <summary>Makes a page LIR, or HIR.</summary>
    public void SetLow(int node, bool isLow)
    {
        if (_nodes[node].IsLow == isLow) return;
        _nodes[node].IsLow = isLow;
        LowCount += isLow ? 1 : -1;
    }

    /// <summary>Takes HIR pages off S's bottom; those that are only remembered are forgotten.</summary>
    public void Prune()
    {
        int bottom;
        while ((bottom = Bottom) >= 0 && !_nodes[bottom].IsLow)
        {
            if (_nodes[bottom].Other == Remembered) Forget(bottom);
            else TakeOffStack(bottom);
        }
    }

    private void Forget(int node)
    {
        _index.Remove(node);
        TakeOffStack(node);
        SetOther(node, Free);
    }

    private readonly void TakeOffStack(int node)
    {
        _recency.Take(Stack, node);
        _nodes[node].IsOnStack = false;
    }

    private void SetOther(int node, int list)
    {
        int from = _nodes[node].Other;
        if (from != Nowhere) _others.Take(from, node);
        if (list != Nowhere) _others.Push(list, node);
        _nodes[node].Other = list;
    }

    private void Bind(int node, int slot)
    {
        ArrayGrowth.Ensure(ref _nodeOfSlot, slot);
        _nodes[node].Slot = slot;
        _nodeOfSlot[slot] = node;
    }

    private struct Node
    {
        public int Slot;          // of a resident page
        public int Other;         // Queue, Remembered, Free or Nowhere
        public bool IsLow;
        public bool IsOnStack;
    }
}
