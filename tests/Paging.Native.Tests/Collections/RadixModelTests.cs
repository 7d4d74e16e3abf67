using Paging.Native.Collections;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Two trees of one forest against sorted dictionaries.</summary>
public sealed class RadixModelTests
{
    [Trait("Category", "Slow")]
    [Fact]
    public void EveryAnswerAgreesWithASortedDictionary() => Property.ForScripts(300, 200, script =>
    {
        using RadixForest forest = new();
        Model[] models = [new(forest), new(forest)];
        foreach (uint word in script)
        {
            models[word >> 31].Apply(word);
            uint nodes = 0;
            Audits.AssertClean(report => nodes = models[0].Audit(report) + models[1].Audit(report), forest.Nodes.Audit);
            Assert.Equal(forest.NodeCount, nodes);
        }
        foreach (Model model in models) model.Clear();
        Assert.Equal(0u, forest.NodeCount);
    });

    private sealed class Model(RadixForest forest)
    {
        // Keys at the edges of nodes and levels, and far apart.
        private static readonly uint[] Bases = [0, 60, 4_090, 0x3FFFC, 0x40000000, 0xFFFFFFF0];

        private readonly SortedDictionary<uint, Entry> _entries = [];
        private RadixTree _tree;

        // Bits 0 to 2 the operation, 3 the tag, 4 to 6 where, 8 to 15 the key there, the others the value.
        public void Apply(uint word)
        {
            RadixTag tag = (RadixTag)((word >> 3) & 1);
            uint key = Bases[((word >> 4) & 7) % Bases.Length] + ((word >> 8) & 15), value = (word >> 16) | 1;
            bool isThere = _entries.TryGetValue(key, out Entry? entry);
            switch (word & 7)
            {
                case 0 or 1 or 2 when !isThere:
                    Assert.True(forest.TryInsert(ref _tree, key, value));
                    _entries.Add(key, new() { Value = value });
                    break;
                case 2:
                    Assert.Equal(isThere, forest.Replace(ref _tree, key, value));
                    if (entry is not null) entry.Value = value;
                    break;
                case 3:
                    Assert.Equal(entry?.Value ?? 0, forest.Remove(ref _tree, key));
                    _entries.Remove(key);
                    break;
                case 4 or 5:
                    Assert.Equal(entry is not null && !entry.Tags[(int)tag], forest.SetTag(ref _tree, key, tag));
                    if (entry is not null) entry.Tags[(int)tag] = true;
                    break;
                case 6:
                    Assert.Equal(entry is not null && entry.Tags[(int)tag], forest.ClearTag(ref _tree, key, tag));
                    if (entry is not null) entry.Tags[(int)tag] = false;
                    break;
                case 7 when word >> 28 == 7:
                    Clear();
                    break;
            }
            Compare(key);
        }

        public void Clear()
        {
            forest.Clear(ref _tree);
            _entries.Clear();
        }

        public uint Audit(AuditReport report) => forest.Audit(in _tree, report);

        private void Compare(uint key)
        {
            _entries.TryGetValue(key, out Entry? entry);
            Assert.Equal((uint)_entries.Count, _tree.Count);
            Assert.Equal(entry?.Value ?? 0, forest.Find(in _tree, key));
            CompareNext(key, _entries.Where(pair => pair.Key >= key), forest.TryNext(in _tree, key, out uint next, out uint value), next,
                value);
            for (int tag = 0; tag < 2; tag++)
            {
                Assert.Equal(entry?.Tags[tag] ?? false, forest.HasTag(in _tree, key, (RadixTag)tag));
                CompareNext(key, _entries.Where(pair => pair.Key >= key && pair.Value.Tags[tag]),
                    forest.TryNextTagged(in _tree, key, (RadixTag)tag, out next, out value), next, value);
            }
        }

        private static void CompareNext(uint from, IEnumerable<KeyValuePair<uint, Entry>> expected, bool found, uint key, uint value)
        {
            KeyValuePair<uint, Entry>? first = expected.Cast<KeyValuePair<uint, Entry>?>().FirstOrDefault();
            Assert.Equal(first is not null, found);
            if (first is null) return;
            Assert.Equal((first.Value.Key, first.Value.Value.Value), (key, value));
            Assert.True(key >= from);
        }

        private sealed class Entry
        {
            public uint Value { get; set; }

            public bool[] Tags { get; } = new bool[2];
        }
    }
}
