using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using Paging.Native.Diagnostics;

namespace Paging.Native.Collections;

/// <summary>Maps from 32-bit keys to non-zero words, for many owners, with tags that can be searched in order of keys.</summary>
/// <remarks>
/// <code>
///   RadixTree { Root, Height = 2 }                key 0x0C5 = 000011 000101
///        │
///     ┌──▼───────────────────┐
///     │ 0   1   2  [3]  … 63 │   a tag's bit is set where anything below has the tag (R2)
///     └─┬───────────┬────────┘
///       ▼        ┌──▼───────────────────┐
///       …        │ 0 … 4  [5]  6  …  63 │   values
///                └──────────────────────┘
/// </code>
/// The nodes of all trees come from one slab. Height follows the highest key: files of up to 256 KiB take one node. Every
/// operation costs O(height), at most 6 steps; <see cref="Clear"/> costs O(nodes). No managed allocation.
/// Linux: the page cache's XArray (lib/xarray.c), a radix tree with 64 slots and three marks.
/// </remarks>
internal sealed class RadixForest : IDisposable
{
    private const int HeightMax = 6;    // 6 times 6 bits cover 32

    private readonly NativeSlab<RadixNode> _nodes;

    /// <summary>Makes a forest without trees.</summary>
    /// <param name="injection">Counts allocations of nodes and refuses one on request.</param>
    public RadixForest(FaultInjection? injection = null) => _nodes = new(injection);

    /// <summary>The number of nodes in all trees. An audit of the owner compares it with the counts of <see cref="Audit"/>.</summary>
    public uint NodeCount => _nodes.LiveCount;

    /// <summary>The nodes, for the audit.</summary>
    internal NativeSlab<RadixNode> Nodes => _nodes;

    /// <summary>The value of a key; 0 when it has none.</summary>
    public uint Find(ref readonly RadixTree tree, uint key)
    {
        if (key > tree.KeyMax) return 0;
        uint word = tree.Root;
        for (int shift = tree.TopShift; shift >= 0 && word != 0; shift -= RadixNode.SlotShift)
            word = _nodes[word].Slots[RadixNode.SlotOf(key, shift)];
        return word;
    }

    /// <summary>Gives a key without a value one, without tags.</summary>
    /// <returns>False: there is no memory for a node; the tree is as it was.</returns>
    /// <exception cref="InvariantException">R1: the value is 0 or the key has one already, when checks are on.</exception>
    public bool TryInsert(ref RadixTree tree, uint key, uint value)
    {
        if (Check.Cheap && (value == 0 || Find(in tree, key) != 0)) ThrowNotInsertable(key, value);
        Span<uint> reserve = stackalloc uint[2 * HeightMax];
        int needed = CountMissingNodes(in tree, key);
        if (!TryReserve(reserve[..needed])) return false;

        if (tree.Root == 0) (tree.Root, tree.Height) = (reserve[--needed], HeightFor(key));
        while (key > tree.KeyMax) AddLevel(ref tree, reserve[--needed]);
        uint node = tree.Root;
        int shift = tree.TopShift;
        for (; shift > 0; shift -= RadixNode.SlotShift)
        {
            int slot = RadixNode.SlotOf(key, shift);
            if (_nodes[node].Slots[slot] == 0) Put(node, slot, reserve[--needed]);
            node = _nodes[node].Slots[slot];
        }
        Put(node, RadixNode.SlotOf(key, shift), value);
        tree.Count++;
        return true;
    }

    /// <summary>Gives a key that has a value another one, not 0; tags stay.</summary>
    /// <returns>False: it has none.</returns>
    public bool Replace(ref RadixTree tree, uint key, uint value)
    {
        RadixPath path = default;
        if (!TryDescend(in tree, key, ref path)) return false;
        if (Check.Cheap && value == 0) ThrowNotInsertable(key, value);
        _nodes[path[0]].Slots[RadixNode.SlotOf(key, 0)] = value;
        return true;
    }

    /// <summary>Removes a key's value and tags, and the nodes and levels that are empty then.</summary>
    /// <returns>The value; 0 when there was none.</returns>
    public uint Remove(ref RadixTree tree, uint key)
    {
        RadixPath path = default;
        if (!TryDescend(in tree, key, ref path)) return 0;
        uint value = _nodes[path[0]].Slots[RadixNode.SlotOf(key, 0)];
        for (int tag = 0; tag < RadixNode.TagCount; tag++) ClearTagAlong(in path, tree.Height, key, RadixNode.BitmapOf((RadixTag)tag));
        for (int level = 0; level < tree.Height; level++)
        {
            ref RadixNode node = ref _nodes[path[level]];
            int slot = RadixNode.SlotOf(key, level * RadixNode.SlotShift);
            node.Slots[slot] = 0;
            node.Bitmaps[RadixNode.Present] &= ~(1UL << slot);
            if (node.Bitmaps[RadixNode.Present] != 0) break;
            _nodes.Free(path[level]);
            if (level == tree.Height - 1) tree = new() { Count = 1 };
        }
        tree.Count--;
        DropLevels(ref tree);
        return value;
    }

    /// <summary>Tags a key.</summary>
    /// <returns>True: it had no such tag; false: it had, or has no value and so can have no tag.</returns>
    public bool SetTag(ref RadixTree tree, uint key, RadixTag tag)
    {
        RadixPath path = default;
        if (!TryDescend(in tree, key, ref path)) return false;
        int bitmap = RadixNode.BitmapOf(tag);
        for (int level = 0; level < tree.Height; level++)
        {
            ref ulong bits = ref _nodes[path[level]].Bitmaps[bitmap];
            ulong bit = 1UL << RadixNode.SlotOf(key, level * RadixNode.SlotShift);
            if ((bits & bit) != 0) return level != 0;    // and then it is set on every level above
            bits |= bit;
        }
        return true;
    }

    /// <summary>Takes a tag away.</summary>
    /// <returns>True: the key had it.</returns>
    public bool ClearTag(ref RadixTree tree, uint key, RadixTag tag)
    {
        RadixPath path = default;
        return TryDescend(in tree, key, ref path) && ClearTagAlong(in path, tree.Height, key, RadixNode.BitmapOf(tag));
    }

    /// <summary>True when a key has a value with the tag.</summary>
    public bool HasTag(ref readonly RadixTree tree, uint key, RadixTag tag)
    {
        RadixPath path = default;
        return TryDescend(in tree, key, ref path)
            && (_nodes[path[0]].Bitmaps[RadixNode.BitmapOf(tag)] >> RadixNode.SlotOf(key, 0) & 1) != 0;
    }

    /// <summary>The lowest key from one upward that has a value.</summary>
    public bool TryNext(ref readonly RadixTree tree, uint from, out uint key, out uint value) =>
        TryNextIn(in tree, from, RadixNode.Present, out key, out value);

    /// <summary>The lowest key from one upward that has the tag.</summary>
    public bool TryNextTagged(ref readonly RadixTree tree, uint from, RadixTag tag, out uint key, out uint value) =>
        TryNextIn(in tree, from, RadixNode.BitmapOf(tag), out key, out value);

    /// <summary>Frees all nodes of a tree, which is empty then. The meaning of the values is the owner's affair.</summary>
    public void Clear(ref RadixTree tree)
    {
        if (tree.Root != 0) FreeBelow(tree.Root, tree.Height);
        tree = default;
    }

    /// <summary>Checks a whole tree.</summary>
    /// <returns>The number of nodes in the tree.</returns>
    public uint Audit(ref readonly RadixTree tree, AuditReport report) => new RadixAudit(this, report).Run(in tree);

    /// <summary>Frees the nodes of all trees.</summary>
    public void Dispose() => _nodes.Dispose();

    private static byte HeightFor(uint key) => (byte)int.Max(1, (37 - BitOperations.LeadingZeroCount(key)) / RadixNode.SlotShift);

    // Along the way that exists; the levels that must come on top, and those below the end of the way.
    private int CountMissingNodes(ref readonly RadixTree tree, uint key)
    {
        int height = HeightFor(key);
        if (tree.Root == 0) return height;
        if (key > tree.KeyMax) return height - tree.Height + height - 1;
        int missing = tree.Height;
        uint node = tree.Root;
        for (int shift = tree.TopShift; shift >= 0 && node != 0; shift -= RadixNode.SlotShift, missing--)
            node = _nodes[node].Slots[RadixNode.SlotOf(key, shift)];
        return missing;
    }

    // All or nothing, before the tree is touched.
    private bool TryReserve(Span<uint> reserve)
    {
        for (int i = 0; i < reserve.Length; i++)
        {
            if (_nodes.TryAllocate(out reserve[i])) continue;
            while (i-- > 0) _nodes.Free(reserve[i]);
            return false;
        }
        return true;
    }

    private void AddLevel(ref RadixTree tree, uint top)
    {
        ref RadixNode below = ref _nodes[tree.Root];
        for (int tag = 1; tag <= RadixNode.TagCount; tag++)
            if (below.Bitmaps[tag] != 0) _nodes[top].Bitmaps[tag] = 1;
        Put(top, 0, tree.Root);
        tree.Root = top;
        tree.Height++;
    }

    private void DropLevels(ref RadixTree tree)
    {
        while (tree.Height > 1 && _nodes[tree.Root].Bitmaps[RadixNode.Present] == 1)
        {
            uint top = tree.Root;
            tree.Root = _nodes[top].Slots[0];
            tree.Height--;
            _nodes.Free(top);
        }
    }

    private void Put(uint node, int slot, uint word)
    {
        _nodes[node].Slots[slot] = word;
        _nodes[node].Bitmaps[RadixNode.Present] |= 1UL << slot;
    }

    // The nodes on the way to a key, the lowest first. False: the key has no value.
    private bool TryDescend(ref readonly RadixTree tree, uint key, ref RadixPath path)
    {
        if (key > tree.KeyMax) return false;
        uint word = tree.Root;
        for (int level = tree.Height - 1; level >= 0; level--)
        {
            path[level] = word;
            word = _nodes[word].Slots[RadixNode.SlotOf(key, level * RadixNode.SlotShift)];
            if (word == 0) return false;
        }
        return true;
    }

    private bool ClearTagAlong(ref readonly RadixPath path, int height, uint key, int bitmap)
    {
        for (int level = 0; level < height; level++)
        {
            ref ulong bits = ref _nodes[path[level]].Bitmaps[bitmap];
            ulong bit = 1UL << RadixNode.SlotOf(key, level * RadixNode.SlotShift);
            if ((bits & bit) == 0) return false;    // only at the lowest level: above, the bit is set because of it
            bits &= ~bit;
            if (bits != 0) break;    // another key below the parent still has the tag
        }
        return true;
    }

    private bool TryNextIn(ref readonly RadixTree tree, uint from, int bitmap, out uint key, out uint value)
    {
        key = from;
        value = 0;
        if (from > tree.KeyMax) return false;
        uint node = tree.Root;
        int shift = tree.TopShift;
        while (true)
        {
            ulong bits = _nodes[node].Bitmaps[bitmap] >> RadixNode.SlotOf(key, shift);
            if (bits == 0)    // nothing in the rest of this node: go on after it, from the top
            {
                ulong after = (key | ((1UL << (shift + RadixNode.SlotShift)) - 1)) + 1;
                if (after > (ulong)tree.KeyMax) return false;
                (key, node, shift) = ((uint)after, tree.Root, tree.TopShift);
                continue;
            }
            int skipped = BitOperations.TrailingZeroCount(bits);
            if (skipped != 0) key = ((key >> shift) + (uint)skipped) << shift;    // the first key below that slot
            uint word = _nodes[node].Slots[RadixNode.SlotOf(key, shift)];
            if (shift == 0)
            {
                value = word;
                return true;
            }
            (node, shift) = (word, shift - RadixNode.SlotShift);
        }
    }

    private void FreeBelow(uint node, int height)
    {
        ref RadixNode content = ref _nodes[node];
        if (height > 1)
        {
            for (ulong bits = content.Bitmaps[RadixNode.Present]; bits != 0; bits &= bits - 1)
                FreeBelow(content.Slots[BitOperations.TrailingZeroCount(bits)], height - 1);
        }
        _nodes.Free(node);
    }

    [DoesNotReturn]
    private static void ThrowNotInsertable(uint key, uint value) =>
        throw new InvariantException(
            $"R1: key {key:x} cannot be given the value {value:x}: values are not 0, and a key that has one is replaced.");

    [InlineArray(HeightMax)]
    private struct RadixPath
    {
        private uint _lowest;
    }
}
