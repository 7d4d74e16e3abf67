using Paging.Core.Spaces;

namespace Paging.Core.Snapshots;

/// <summary>The history of an area of a saved engine: the roots through which it shares pages with other processes.</summary>
/// <param name="Own">The root of its own pages, from 1; 0: it has no history.</param>
/// <param name="Chain">All its roots, the oldest first. The numbers are those of the saved form.</param>
internal readonly record struct SavedHistory(uint Own, uint[] Chain)
{
    /// <summary>Reads a history, and checks that its roots are there.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public static SavedHistory Read(ChecksummedReader reader, int rootCount)
    {
        uint own = reader.ReadWord();
        if (own == 0) return new(0, []);
        uint count = reader.ReadWord();
        if (count > (uint)rootCount) throw Damaged();
        HashSet<uint> seen = [];
        uint[] chain = new uint[count];
        for (int i = 0; i < chain.Length; i++)
        {
            chain[i] = reader.ReadWord();
            if (chain[i] == 0 || chain[i] > (uint)rootCount || !seen.Add(chain[i])) throw Damaged();
        }

        return seen.Contains(own) ? new(own, chain) : throw Damaged();    // A4
    }

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Own);
        if (Own == 0) return;
        writer.Write((uint)Chain.Length);
        foreach (uint root in Chain) writer.Write(root);
    }

    private static InvalidDataException Damaged() => ChecksummedReader.Damaged("the history of an area is none");
}

/// <summary>Numbers the roots of a saved engine, and finds the history of each area.</summary>
internal sealed class SavedRoots(AnonymousRoots roots)
{
    private readonly Dictionary<AnonymousRootIndex, uint> _numbers = [];
    private readonly List<AnonymousRootIndex> _all = [];

    /// <summary>The parent of each root, by its number, from 1; its own number for a root that no fork has made.</summary>
    public uint[] Parents => [.. _all.Select(root => _numbers.GetValueOrDefault(roots[root].Parent, _numbers[root]))];

    /// <summary>Returns the history of an area.</summary>
    public SavedHistory Of(in Area area)
    {
        if (area.Root.IsNone) return new(0, []);
        List<uint> chain = [];
        for (AnonymousLinkIndex link = area.Chain; link.IsSome; link = roots[link].NextOfArea) chain.Add(NumberOf(roots[link].Root));
        return new(NumberOf(area.Root), [.. chain]);
    }

    private uint NumberOf(AnonymousRootIndex root)
    {
        if (_numbers.TryGetValue(root, out uint number)) return number;
        _all.Add(root);
        _numbers.Add(root, (uint)_all.Count);
        return (uint)_all.Count;
    }
}
