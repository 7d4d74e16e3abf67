using System.Numerics;

namespace Paging.Native.Collections;

//    leaf of keys 64 … 127                   leaf of keys 128 … 191
//   ┌──────────────────────────┬───────┐    ┌─────────┬────────────────────────┐
//   │                          │▒▒▒▒▒▒▒│    │▒▒▒▒▒▒▒▒▒│                        │     a run: one descent, then bits, for each leaf
//   └──────────────────────────┴───────┘    └─────────┴────────────────────────┘
/// <summary>The operations of <see cref="RadixForest"/> for consecutive keys: 64 keys cost as much as one.</summary>
/// <remarks>Runs stay below 2^32. Linux: xas_for_each over an XArray, which does not descend again within a node either.</remarks>
internal static class RadixRuns
{
    private const int HeightMax = 6;

    /// <summary>The values of the keys from one on; 0 where a key has none.</summary>
    public static void Copy(RadixForest forest, ref readonly RadixTree tree, uint from, Span<uint> values)
    {
        Span<uint> path = stackalloc uint[HeightMax];
        for (int done = 0; done < values.Length;)
        {
            uint key = from + (uint)done;
            int slot = RadixNode.SlotOf(key, 0);
            int count = int.Min(values.Length - done, 64 - slot);
            Span<uint> part = values.Slice(done, count);
            if (TryDescend(forest, in tree, key, path)) ((ReadOnlySpan<uint>)forest.Nodes[path[0]].Slots).Slice(slot, count).CopyTo(part);
            else part.Clear();
            done += count;
        }
    }

    /// <summary>Copies the values of the keys from one on that have a tag, up to the first key without the tag.</summary>
    /// <returns>The number of values copied, at most the length of <paramref name="values"/>.</returns>
    public static int CopyTagged(RadixForest forest, ref readonly RadixTree tree, uint from, RadixTag tag, Span<uint> values)
    {
        Span<uint> path = stackalloc uint[HeightMax];
        int done = 0;
        while (done < values.Length)
        {
            uint key = from + (uint)done;
            int slot = RadixNode.SlotOf(key, 0);
            if (!TryDescend(forest, in tree, key, path)) break;
            ref readonly RadixNode leaf = ref forest.Nodes[path[0]];
            int tagged = BitOperations.TrailingZeroCount(~(leaf.Bitmaps[RadixNode.BitmapOf(tag)] >> slot));
            int count = int.Min(int.Min(tagged, 64 - slot), values.Length - done);
            ((ReadOnlySpan<uint>)leaf.Slots).Slice(slot, count).CopyTo(values[done..]);
            done += count;
            if (slot + count < 64) break;
        }

        return done;
    }

    /// <summary>Tags the keys of a run that have a value.</summary>
    public static void SetTag(RadixForest forest, ref RadixTree tree, uint from, uint count, RadixTag tag)
    {
        Span<uint> path = stackalloc uint[HeightMax];
        int bitmap = RadixNode.BitmapOf(tag);
        for (ulong key = from, end = (ulong)from + count; key < end; key = (key | 63) + 1)
        {
            if (!TryDescend(forest, in tree, (uint)key, path)) continue;
            ref RadixNode leaf = ref forest.Nodes[path[0]];
            ulong bits = MaskFrom(key, end) & leaf.Bitmaps[RadixNode.Present];
            if (bits == 0) continue;
            leaf.Bitmaps[bitmap] |= bits;
            for (int level = 1; level < tree.Height; level++)
                forest.Nodes[path[level]].Bitmaps[bitmap] |= 1UL << RadixNode.SlotOf((uint)key, level * RadixNode.SlotShift);
        }
    }

    /// <summary>Takes a tag from the keys of a run.</summary>
    public static void ClearTag(RadixForest forest, ref RadixTree tree, uint from, uint count, RadixTag tag)
    {
        Span<uint> path = stackalloc uint[HeightMax];
        int bitmap = RadixNode.BitmapOf(tag);
        for (ulong key = from, end = (ulong)from + count; key < end; key = (key | 63) + 1)
        {
            if (!TryDescend(forest, in tree, (uint)key, path)) continue;
            ulong left = forest.Nodes[path[0]].Bitmaps[bitmap] &= ~MaskFrom(key, end);
            for (int level = 1; level < tree.Height && left == 0; level++)
                left = forest.Nodes[path[level]].Bitmaps[bitmap] &= ~(1UL << RadixNode.SlotOf((uint)key, level * RadixNode.SlotShift));
        }
    }

    /// <summary>The slots of a key's leaf from the key up to, not including, the end or the last slot.</summary>
    private static ulong MaskFrom(ulong key, ulong end)
    {
        int slot = RadixNode.SlotOf((uint)key, 0);
        int count = (int)ulong.Min(end - key, (ulong)(64 - slot));
        return (count == 64 ? ulong.MaxValue : (1UL << count) - 1) << slot;
    }

    /// <summary>
    /// The nodes on the way to a key's leaf, the leaf first. False: there is no such leaf; the key itself may have no value.
    /// </summary>
    private static bool TryDescend(RadixForest forest, ref readonly RadixTree tree, uint key, Span<uint> path)
    {
        if (key > tree.KeyMax) return false;
        uint node = tree.Root;
        for (int level = tree.Height - 1; ; level--)
        {
            path[level] = node;
            if (level == 0) return true;
            node = forest.Nodes[node].Slots[RadixNode.SlotOf(key, level * RadixNode.SlotShift)];
            if (node == 0) return false;
        }
    }
}
