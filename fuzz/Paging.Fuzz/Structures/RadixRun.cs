using Paging.Native;
using Paging.Native.Collections;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>The page cache's radix trees, two in one forest, beside sorted dictionaries.</summary>
internal sealed class RadixRun : IStructureRun
{
    public static readonly string[] Operations =
        ["insert", "insert", "insert", "remove", "remove", "replace", "find", "set tag", "set tag", "clear tag", "has tag", "next",
            "next tagged", "clear"];

    public static readonly string[] Outcomes = ["done", "not there"];

    private const int Done = 0, NotThere = 1;
    private const int TreeCount = 2;

    private static readonly uint[] Regions = [0, 0, 0, 60, 4090, 1 << 18, (1 << 24) - 20, 0x3FFF_FFF0, 0xFFFF_FFC0];

    private readonly RadixForest _forest = new();
    private readonly RadixTree[] _trees = new RadixTree[TreeCount];
    private readonly SortedDictionary<uint, (uint Value, uint Tags)>[] _models = [[], []];
    private readonly uint _span;

    public RadixRun(FuzzRandom random) => _span = random.OneOf([8u, 64u, 64u, 700u]);

    public int Execute(in RawOperation operation, out string? failure)
    {
        int index = (int)(operation.C & 1);
        ref RadixTree tree = ref _trees[index];
        SortedDictionary<uint, (uint Value, uint Tags)> model = _models[index];
        uint key = KeyOf(operation, model);
        RadixTag tag = (RadixTag)(operation.C >> 1 & 1);
        uint tagBit = 1u << (int)tag;
        bool known = model.TryGetValue(key, out (uint Value, uint Tags) entry);
        switch (operation.Kind)
        {
            case < 3 when !known:
                model[key] = (operation.B | 1, 0);
                return Compare(_forest.TryInsert(ref tree, key, operation.B | 1), expected: true, out failure);
            case 3 or 4:
                model.Remove(key);
                return Compare(_forest.Remove(ref tree, key), entry.Value, known, out failure);
            case 5:
                if (known) model[key] = (operation.B | 1, entry.Tags);
                return Compare(_forest.Replace(ref tree, key, operation.B | 1), known, out failure);
            case 7 or 8:
                if (known) model[key] = (entry.Value, entry.Tags | tagBit);
                return Compare(_forest.SetTag(ref tree, key, tag), known && (entry.Tags & tagBit) == 0, out failure);
            case 9:
                if (known) model[key] = (entry.Value, entry.Tags & ~tagBit);
                return Compare(_forest.ClearTag(ref tree, key, tag), (entry.Tags & tagBit) != 0, out failure);
            case 10:
                return Compare(_forest.HasTag(in tree, key, tag), (entry.Tags & tagBit) != 0, out failure);
            case 11 or 12:
                return CompareNext(in tree, model, key, operation.Kind == 12 ? tag : null, out failure);
            case 13:
                failure = null;
                if (operation.B % 16 != 0) return NotThere;
                model.Clear();
                _forest.Clear(ref tree);
                return Done;
            default:
                return Compare(_forest.Find(in tree, key), entry.Value, known, out failure);
        }
    }

    public string? Verify()
    {
        AuditReport report = new();
        uint nodes = 0;
        for (int index = 0; index < TreeCount; index++)
        {
            nodes += _forest.Audit(in _trees[index], report);
            report.AddIfDifferent("model", $"keys of tree {index}", _models[index].Count, _trees[index].Count);
            foreach ((uint key, (uint value, uint tags)) in _models[index])
            {
                report.AddIfDifferent("model", $"value of {key:x}", value, _forest.Find(in _trees[index], key));
                report.AddIfDifferent("model", $"dirty of {key:x}", tags & 1, _forest.HasTag(in _trees[index], key, RadixTag.Dirty)
                    ? 1 : 0);
            }
        }

        report.AddIfDifferent("model", "nodes of the forest", nodes, _forest.NodeCount);
        return report.IsClean ? null : report.ToString();
    }

    public string? Finish()
    {
        for (int index = 0; index < TreeCount; index++)
        {
            foreach (uint key in _models[index].Keys) _forest.Remove(ref _trees[index], key);
            _models[index].Clear();
        }

        return Verify();
    }

    public void Dispose() => _forest.Dispose();

    /// <summary>Half of the time a key that is there, if there is any.</summary>
    private uint KeyOf(in RawOperation operation, SortedDictionary<uint, (uint Value, uint Tags)> model)
    {
        uint key = Regions[operation.A % (uint)Regions.Length] + ((operation.A >> 8) % _span);
        if (operation.Kind < 3 || (operation.A & 0x80) == 0) return key;
        foreach (uint present in model.Keys)
            if (present >= key) return present;
        return key;
    }

    private int CompareNext(in RadixTree tree, SortedDictionary<uint, (uint Value, uint Tags)> model, uint from, RadixTag? tag,
        out string? failure)
    {
        uint tagBit = tag is { } wanted ? 1u << (int)wanted : 0;
        uint expectedKey = 0, expectedValue = 0;
        bool expected = false;
        foreach ((uint key, (uint value, uint tags)) in model)
        {
            if (key < from || (tags & tagBit) != tagBit) continue;
            (expected, expectedKey, expectedValue) = (true, key, value);
            break;
        }

        uint foundKey, foundValue;
        bool found = tag is { } which
            ? _forest.TryNextTagged(in tree, from, which, out foundKey, out foundValue)
            : _forest.TryNext(in tree, from, out foundKey, out foundValue);
        bool agrees = found == expected && (!found || (foundKey == expectedKey && foundValue == expectedValue));
        failure = agrees ? null
            : $"from {from:x} tag {tag}: found {found} {foundKey:x}={foundValue:x}, expected {expected} {expectedKey:x}={expectedValue:x}";
        return found ? Done : NotThere;
    }

    private static int Compare(bool found, bool expected, out string? failure)
    {
        failure = found == expected ? null : $"found {found}, expected {expected}";
        return found ? Done : NotThere;
    }

    private static int Compare(uint found, uint expected, bool known, out string? failure)
    {
        failure = found == expected ? null : $"gave {found:x}, expected {expected:x}";
        return known ? Done : NotThere;
    }
}
