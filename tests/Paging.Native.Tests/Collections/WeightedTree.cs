using Paging.Native.Collections;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>A red-black tree as an owner would build one: keys, and weights whose maximum and sum each subtree stores.</summary>
internal sealed class WeightedTree : IDisposable
{
    private readonly NativeSlab<Record> _slab = new();
    private uint _root;

    public Nodes All => new(_slab);

    public ref uint Root => ref _root;

    public bool Add(uint key, uint weight)
    {
        uint parent = 0;
        bool asLeft = false;
        for (uint node = _root; node != 0; node = asLeft ? _slab[node].Links.Left : _slab[node].Links.Right)
        {
            if (_slab[node].Key == key) return false;
            parent = node;
            asLeft = key < _slab[node].Key;
        }
        Assert.True(_slab.TryAllocate(out uint added));
        _slab[added].Key = key;
        _slab[added].Weight = weight;
        RedBlackTree<Nodes>.Insert(ref _root, All, parent, asLeft, added);
        return true;
    }

    public uint Find(uint key)
    {
        uint node = _root;
        while (node != 0 && _slab[node].Key != key) node = key < _slab[node].Key ? _slab[node].Links.Left : _slab[node].Links.Right;
        return node;
    }

    public bool Remove(uint key)
    {
        uint node = Find(key);
        if (node == 0) return false;
        RedBlackTree<Nodes>.Remove(ref _root, All, node);
        _slab.Free(node);
        return true;
    }

    public void SetWeight(uint node, uint weight)
    {
        _slab[node].Weight = weight;
        All.Propagate(node);
    }

    public ref Record this[uint node] => ref _slab[node];

    public IEnumerable<uint> KeysUpward()
    {
        for (uint node = TreeOrder<Nodes>.First(_root, All); node != 0; node = TreeOrder<Nodes>.Next(All, node))
            yield return _slab[node].Key;
    }

    public IEnumerable<uint> KeysDownward()
    {
        for (uint node = TreeOrder<Nodes>.Last(_root, All); node != 0; node = TreeOrder<Nodes>.Previous(All, node))
            yield return _slab[node].Key;
    }

    public int Depth() => Depth(_root);

    public void Audit(AuditReport report)
    {
        RedBlackTree<Nodes>.Audit(_root, All, report);
        _slab.Audit(report);
    }

    public void Dispose() => _slab.Dispose();

    private int Depth(uint node) => node == 0 ? 0 : 1 + int.Max(Depth(_slab[node].Links.Left), Depth(_slab[node].Links.Right));

    public struct Record
    {
        public TreeLinks Links;
        public uint Key;
        public uint Weight;
        public uint WeightMax;
        public ulong WeightSum;
    }

    public readonly struct Nodes(NativeSlab<Record> slab) : IRedBlackNodes
    {
        public ref TreeLinks Links(uint node) => ref slab[node].Links;

        public bool Recompute(uint node)
        {
            ref Record record = ref slab[node];
            (uint left, uint right) = (record.Links.Left, record.Links.Right);
            uint max = uint.Max(record.Weight, uint.Max(left == 0 ? 0 : slab[left].WeightMax, right == 0 ? 0 : slab[right].WeightMax));
            ulong sum = record.Weight + (left == 0 ? 0 : slab[left].WeightSum) + (right == 0 ? 0 : slab[right].WeightSum);
            bool hasChanged = max != record.WeightMax || sum != record.WeightSum;
            (record.WeightMax, record.WeightSum) = (max, sum);
            return hasChanged;
        }

        public void Propagate(uint node)
        {
            while (node != 0 && Recompute(node)) node = Links(node).Parent;
        }

        public void TakeOver(uint node, uint from) =>
            (slab[node].WeightMax, slab[node].WeightSum) = (slab[from].WeightMax, slab[from].WeightSum);
    }
}
