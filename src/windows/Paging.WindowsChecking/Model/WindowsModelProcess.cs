namespace Paging.WindowsChecking.Model;

/// <summary>The address space of one process: a sorted list of allocations, and the three fields of its thread's stack.</summary>
internal sealed class WindowsModelProcess(uint arenaFirst, uint arenaEnd)
{
    public const uint Granule = 16, HighestEnd = 0x7FFE0, Probe = 0x7FFF_0000;

    public List<ModelAllocation> Allocations { get; } = [];
    public Dictionary<long, ModelHandle?> Handles { get; } = [];
    public uint StackAllocation, StackLimit, StackBase;

    public ModelAllocation? Find(uint page) => Allocations.Find(one => one.Has(page));

    /// <summary>The allocation that contains all of a range, or null.</summary>
    public ModelAllocation? FindAround(uint first, uint end) => Find(first) is { } found && found.End >= end ? found : null;

    public bool IsFree(uint first, uint end) =>
        first >= arenaFirst && end <= arenaEnd && !Allocations.Exists(one => one.First < end && first < one.End);

    public void Add(ModelAllocation allocation)
    {
        Allocations.Add(allocation);
        Allocations.Sort(static (one, other) => one.First.CompareTo(other.First));
    }

    public void Remove(ModelAllocation allocation) => Allocations.Remove(allocation);

    /// <summary>Rule 8. Returns null if there is no room.</summary>
    public uint? Place(uint count, bool topDown, uint limit)
    {
        if (topDown) return PlaceHighest(count, limit);
        for (uint first = arenaFirst; first + count <= Math.Min(arenaEnd, limit); first += Granule)
            if (IsFree(first, first + count)) return first;
        return null;
    }

    /// <summary>The page after the free range that begins at a free page.</summary>
    public uint EndOfFree(uint page) => Allocations.Find(one => one.First > page)?.First ?? arenaEnd;

    private uint? PlaceHighest(uint count, uint limit)
    {
        for (int above = Allocations.Count; above >= 0; above--)
        {
            uint end = Math.Min(limit, above == Allocations.Count ? arenaEnd : Allocations[above].First);
            uint start = above == 0 ? arenaFirst : Allocations[above - 1].End;
            if (end < start || end < count) continue;
            uint first = (end - count) / Granule * Granule;
            if (first >= start) return first;
        }

        return null;
    }
}
