using Paging.Native;
using Paging.Native.Collections;
using Paging.Tests;
using Paging.Windows.Vads;

namespace Paging.Windows.Tests;

/// <summary>An AVL tree of keys beside a sorted set: the order, both ways, and after each step the balance of every node.</summary>
public sealed class AvlTreeTests
{
    private readonly Record[] _records = new Record[130];    // a node's index is its key
    private readonly SortedSet<uint> _model = [];
    private uint _root;

    private Nodes All => new(_records);

    [Fact]
    public void AnEmptyTreeHasNoEnds()
    {
        Assert.Equal(0u, TreeOrder<Nodes>.First(_root, All));
        Assert.Equal(0u, TreeOrder<Nodes>.Last(_root, All));
    }

    /// <summary>Every shape of up to seven nodes that an order of insertion makes, and from each the removal of every node.</summary>
    [Fact]
    public void AnyOrderOfInsertionAndAnyFirstRemovalKeepsTheBalance()
    {
        foreach (uint[] order in Orders([1, 2, 3, 4, 5, 6]))
        {
            foreach (uint gone in order)
            {
                _root = 0;
                _model.Clear();
                foreach (uint key in order) Add(key);
                Verify();
                Remove(gone);
                Verify();
            }
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 127)]
    [InlineData(-1, 0)]
    [InlineData(-1, 127)]
    public void RunsThatOnlyGrowAndShrinkAtOneEndStayBalanced(int step, int from)
    {
        for (int i = 0; i < 128; i++)
        {
            Add((uint)(((i * step) + 256) % 128) + 1);
            Verify();
        }

        for (int i = 0; i < 128; i++)
        {
            Remove((uint)((from + (from == 0 ? i : -i)) % 128) + 1);
            Verify();
        }

        Assert.Equal(0u, _root);
    }

    [Fact]
    public void InAnyOrderTheTreeIsASortedSet() => Property.ForScripts(60, 200, script =>
    {
        _root = 0;
        _model.Clear();
        foreach (uint word in script)
        {
            uint key = (word % 120) + 1;
            if (_model.Contains(key)) Remove(key);
            else Add(key);
            Verify();
        }
    });

    private static IEnumerable<uint[]> Orders(uint[] keys) =>
        keys.Length == 1
            ? [keys]
            : keys.SelectMany(first => Orders([.. keys.Where(key => key != first)]).Select(rest => (uint[])[first, .. rest]));

    private void Add(uint key)
    {
        uint parent = 0;
        for (uint node = _root; node != 0; node = key < node ? _records[node].Links.Left : _records[node].Links.Right) parent = node;
        AvlTree<Nodes>.Insert(ref _root, All, parent, key < parent, key);
        _model.Add(key);
    }

    private void Remove(uint key)
    {
        AvlTree<Nodes>.Remove(ref _root, All, key);
        _model.Remove(key);
    }

    private void Verify()
    {
        AuditReport report = new();
        AvlTree<Nodes>.Audit(_root, All, _model.Count, report);
        Assert.True(report.IsClean, report.ToString());
        List<uint> up = [], down = [];
        for (uint node = TreeOrder<Nodes>.First(_root, All); node != 0 && up.Count < 200; node = TreeOrder<Nodes>.Next(All, node))
            up.Add(node);
        for (uint node = TreeOrder<Nodes>.Last(_root, All); node != 0 && down.Count < 200; node = TreeOrder<Nodes>.Previous(All, node))
            down.Add(node);
        Assert.Equal(_model, up);
        Assert.Equal(_model.Reverse(), down);
    }

    internal struct Record
    {
        public TreeLinks Links;
    }

    internal readonly struct Nodes(Record[] records) : ITreeNodes
    {
        public ref TreeLinks Links(uint node) => ref records[node].Links;
    }
}
