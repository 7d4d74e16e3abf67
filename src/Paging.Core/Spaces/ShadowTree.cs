using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Spaces;

//   page number  │ 5 bits │ 5 bits │ 5 bits │ 5 bits │
//                   root ──► node ──► node ──► node ──► ShadowPage       null: every byte below is good
/// <summary>The marked bytes of one address space: a radix tree of pages of which some bytes are not good.</summary>
/// <remarks>
/// Frozen trees share the nodes that have not changed since, so that a snapshot and a fork take O(1). A page or node is changed in place
/// only if its <see cref="ShadowOwner"/> is this tree since its last freeze; otherwise it is copied first, with the nodes above it.
/// Going back to the last frozen state reuses these copies, so that iterations of a fuzzer allocate nothing once warm.
/// Cost: four loads to find a page; O(marked pages) for a range.
/// </remarks>
internal sealed class ShadowTree
{
    private const int Levels = 4, PageBytes = (int)VirtualAddress.PageSize;

    private const int ChangedMax = 4096;    // a list of 16 KiB; with more changes a return invalidates every translation

    private readonly ShadowPage _unaddressable = new(), _uninitialized = new();    // shared by wholly marked pages
    private readonly List<ShadowPage> _sparePages = [];    // to be used again
    private readonly List<ShadowNode> _spareNodes = [];
    private readonly List<PageNumber> _changed = [];    // since the last freeze or return, some more than once
    private ShadowNode? _root, _frozen;
    private bool _hasTooManyChanges;
    private long _generation;

    /// <summary>Creates a tree.</summary>
    /// <param name="frozen">The marks, shared with the tree that they were frozen in; null: every byte is good.</param>
    public ShadowTree(ShadowNode? frozen)
    {
        _unaddressable.Fill(ByteState.Unaddressable);
        _uninitialized.Fill(ByteState.Uninitialized);
        (_root, _frozen) = (frozen, frozen);
    }

    /// <summary>True if reading an uninitialized byte is a fault.</summary>
    public bool RefusesUninitialized { get; set; } = true;

    /// <summary>True if accesses are refused at all.</summary>
    public bool IsEnforced { get; set; } = true;

    /// <summary>True while an access is made that no mark refuses.</summary>
    public bool IsPaused { get; set; }

    /// <summary>The states of a page's bytes; null: all are good.</summary>
    public ShadowPage? Find(PageNumber page)
    {
        object? at = _root;
        for (int level = Levels - 1; at is not null && level >= 0; level--) at = Unsafe.As<ShadowNode>(at).All[Index(page, level)];
        return Unsafe.As<ShadowPage>(at);
    }

    /// <summary>Finds the first marked page at or above one, which may lie after the last page of 4 GiB.</summary>
    public bool TryNext(PageNumber from, out PageNumber page)
    {
        uint found = from.Value;
        bool isFound = _root is not null && from.Value < PageCount.AddressSpace.Value && TryNextIn(_root, Levels - 1, ref found);
        page = new(found);
        return isFound;
    }

    /// <summary>Makes the bytes of a store good. While it is paused, unaddressable bytes stay unaddressable.</summary>
    public void NoteStore(PageNumber page, int offset, int byteLength)
    {
        if (!IsPaused)
        {
            Set(page, offset, byteLength, ByteState.Good);
            return;
        }

        for (int at = offset; at < offset + byteLength; at++)
            if (Find(page)?[at] == ByteState.Uninitialized) Set(page, at, 1, ByteState.Good);
    }

    /// <summary>Gives bytes of one page a state.</summary>
    public void Set(PageNumber page, int offset, int byteLength, ByteState state)
    {
        ShadowPage? old = Find(page);
        if (old is null && state == ByteState.Good) return;    // before anything is copied
        if (byteLength == PageBytes)
        {
            Put(page, state switch
            {
                ByteState.Unaddressable => _unaddressable,
                ByteState.Uninitialized => _uninitialized,
                _ => null,
            });
            return;
        }

        if (old is null || old.Owner != Here)    // not null: frozen, another tree's, or one of the two shared pages
        {
            ShadowPage made = MakePage(old);
            Put(page, made);
            old = made;
        }

        old.Set(offset, byteLength, state);
        if (old.MarkedCount == 0) Put(page, null);    // U2: a page in the tree has a marked byte
    }

    /// <summary>Gives a page the states of its saved form (<see cref="ShadowPage.Save"/>). Returns false if they are damaged.</summary>
    public bool TryLoad(PageNumber page, ReadOnlySpan<byte> states)
    {
        ShadowPage made = MakePage(like: null);
        if (!made.TryLoad(states)) return false;
        Put(page, made);
        return true;
    }

    /// <summary>Makes every byte of a range good.</summary>
    public void Clear(PageRange range)
    {
        for (PageNumber from = range.First; TryNext(from, out PageNumber page) && page < range.End; from = page + PageCount.One)
            Put(page, null);
    }

    /// <summary>Moves the states of a range to another place, whose old states are dropped.</summary>
    /// <remarks>The two may not overlap. Linux: mremap(2) refuses that.</remarks>
    public void Move(PageRange from, PageNumber to)
    {
        Clear(new(to, from.Count));
        for (PageNumber at = from.First; TryNext(at, out PageNumber page) && page < from.End; at = page + PageCount.One)
        {
            ShadowPage moved = Find(page)!;    // before the next line removes it
            Put(page, null);
            Put(to + (page - from.First), moved);
        }
    }

    /// <summary>Returns the tree as it is now, which never changes. Cost: O(1).</summary>
    public ShadowNode? Freeze()
    {
        _changed.Clear();
        _hasTooManyChanges = false;
        _generation++;    // all existing nodes are shared from now on
        return _frozen = _root;
    }

    /// <summary>Makes another tree with the same marks. Cost: O(1).</summary>
    public ShadowTree Copy() => new(Freeze()) { RefusesUninitialized = RefusesUninitialized, IsEnforced = IsEnforced };

    /// <summary>Restores the tree to a frozen state, of its own or of another tree.</summary>
    /// <param name="frozen">The frozen tree; null: every byte was good.</param>
    /// <param name="translations">Loses the pages whose states have changed.</param>
    /// <remarks>Cost: O(pages that have changed) if the tree was not frozen again since; otherwise all translations are lost.</remarks>
    public void RestoreTo(ShadowNode? frozen, TranslationCache translations)
    {
        if (frozen != _frozen || _hasTooManyChanges)    // the list names the changes since _frozen only
        {
            translations.InvalidateAll();
        }
        else
        {
            foreach (PageNumber page in _changed)
            {
                translations.Invalidate(page);
                TakeApart(page);
            }
        }

        _changed.Clear();
        _hasTooManyChanges = false;
        (_root, _frozen) = (frozen, frozen);
    }

    /// <summary>Adds a page and the nodes above it to the spares, where they were made since the last freeze.</summary>
    private void TakeApart(PageNumber page)
    {
        object? at = _root;
        for (int level = Levels - 1; at is not null && level >= 0; level--)
        {
            ShadowNode node = Unsafe.As<ShadowNode>(at);
            at = node.All[Index(page, level)];
            if (node.Owner != Here) continue;    // frozen, or taken for another page
            node.Owner = default;
            _spareNodes.Add(node);
        }

        if (at is not ShadowPage states || states.Owner != Here) return;
        states.Owner = default;
        _sparePages.Add(states);
    }

    private ShadowOwner Here => new(this, _generation);

    private static int Index(PageNumber page, int level) => (int)(page.Value >> (level * ShadowNode.Shift)) & (ShadowNode.Count - 1);

    /// <summary>Stores a page, or null to remove one that is there. Copies the nodes above it that may not be changed.</summary>
    private void Put(PageNumber page, ShadowPage? states)
    {
        if (_changed.Count < ChangedMax) _changed.Add(page);
        else _hasTooManyChanges = true;
        ShadowNode node = _root = Own(_root);
        for (int level = Levels - 1; level > 0; level--)
        {
            ref object? child = ref node.All[Index(page, level)];
            ShadowNode below = Own(Unsafe.As<ShadowNode>(child));
            child = below;
            node = below;
        }

        node.All[Index(page, 0)] = states;
        if (states is null) Prune(page);
    }

    /// <summary>Drops nodes without children, from the lowest upwards. All of them are this tree's since the last freeze.</summary>
    private void Prune(PageNumber page)
    {
        for (int level = 0; level < Levels; level++)
        {
            ShadowNode? node = _root, above = null;
            for (int at = Levels - 1; at > level; at--) (above, node) = (node, Unsafe.As<ShadowNode>(node!.All[Index(page, at)]));
            foreach (object? child in node!.All)
                if (child is not null) return;
            if (above is null) _root = null;
            else above.All[Index(page, level + 1)] = null;
        }
    }

    private ShadowNode Own(ShadowNode? node)
    {
        if (node is not null && node.Owner == Here) return node;
        ShadowNode own = Take(_spareNodes) ?? new();
        own.Owner = Here;
        if (node is null) own.All.Clear();
        else node.All.CopyTo(own.All);
        return own;
    }

    private ShadowPage MakePage(ShadowPage? like)
    {
        ShadowPage made = Take(_sparePages) ?? new();
        made.Owner = Here;
        if (like is null) made.Fill(ByteState.Good);
        else made.CopyFrom(like);
        return made;
    }

    private static T? Take<T>(List<T> spares) where T : class
    {
        if (spares.Count == 0) return null;
        T taken = spares[^1];
        spares.RemoveAt(spares.Count - 1);
        return taken;
    }

    private static bool TryNextIn(ShadowNode node, int level, ref uint page)
    {
        int shift = level * ShadowNode.Shift;
        uint size = 1u << shift, first = page & ~((size << ShadowNode.Shift) - 1);
        for (int index = (int)(page >> shift) & (ShadowNode.Count - 1); index < ShadowNode.Count; index++)
        {
            if (node.All[index] is { } child)
            {
                uint within = Math.Max(page, first + ((uint)index * size));
                if (level == 0 || TryNextIn(Unsafe.As<ShadowNode>(child), level - 1, ref within))
                {
                    page = within;
                    return true;
                }
            }
        }

        return false;
    }
}
