using System.Numerics;

namespace Paging.Native.Collections;

/// <summary>Walks one tree of a forest and compares every bitmap with the slots and nodes below it.</summary>
internal sealed class RadixAudit(RadixForest forest, AuditReport report)
{
    private readonly HashSet<uint> _seen = [];
    private uint _entryCount;

    /// <summary>Returns the number of nodes found.</summary>
    public uint Run(ref readonly RadixTree tree)
    {
        // R3  a tree is as high as its highest key needs, and an empty one has no node.
        if (tree.Height > 6 || (tree.Root == 0) != (tree.Height == 0))
        {
            report.Add("R3", $"a tree with root {tree.Root} cannot have height {tree.Height}");
            return 0;
        }
        if (tree.Root != 0) Walk(tree.Root, tree.Height);
        if (tree.Height > 1 && _seen.Contains(tree.Root) && forest.Nodes[tree.Root].Bitmaps[RadixNode.Present] <= 1)
            report.Add("R3", $"the topmost of {tree.Height} levels holds nothing beyond its first slot");
        // R4  the count is the number of entries.
        report.AddIfDifferent("R4", "entries", _entryCount, tree.Count);
        return (uint)_seen.Count;
    }

    private void Walk(uint index, int height)
    {
        // R5  every node is live and is linked once.
        if (!forest.Nodes.IsLive(index) || !_seen.Add(index))
        {
            report.Add("R5", $"node {index} on level {height} {(_seen.Contains(index) ? "is linked twice" : "is not in use")}");
            return;
        }
        ref readonly RadixNode node = ref forest.Nodes[index];
        ulong present = 0;
        for (int slot = 0; slot < 64; slot++)
            if (node.Slots[slot] != 0) present |= 1UL << slot;
        // R1  a slot is present exactly when it is not 0, and no node is empty.
        if (present != node.Bitmaps[RadixNode.Present] || present == 0)
            report.Add("R1", $"node {index} on level {height} holds {present:x16}, but records {node.Bitmaps[RadixNode.Present]:x16}");
        if (height == 1) _entryCount += (uint)BitOperations.PopCount(present);
        else
            for (ulong bits = present; bits != 0; bits &= bits - 1) Walk(node.Slots[BitOperations.TrailingZeroCount(bits)], height - 1);
        CheckTags(index, height, present);
    }

    // R2  a tag is set exactly where something below has it, and in the lowest level only where there is a value.
    private void CheckTags(uint index, int height, ulong present)
    {
        ref readonly RadixNode node = ref forest.Nodes[index];
        for (int tag = 1; tag <= RadixNode.TagCount; tag++)
        {
            ulong allowed = present, required = 0;
            if (height > 1)
            {
                for (ulong bits = present; bits != 0; bits &= bits - 1)
                {
                    int slot = BitOperations.TrailingZeroCount(bits);
                    uint child = node.Slots[slot];
                    if (_seen.Contains(child) && forest.Nodes[child].Bitmaps[tag] != 0) required |= 1UL << slot;
                }
                allowed = required;
            }
            if ((node.Bitmaps[tag] & ~allowed) != 0 || (required & ~node.Bitmaps[tag]) != 0)
                report.Add("R2",
                    $"node {index} on level {height} records {node.Bitmaps[tag]:x16} for tag {(RadixTag)(tag - 1)}, of {allowed:x16}");
        }
    }
}
