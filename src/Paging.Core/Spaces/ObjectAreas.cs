using Paging.Native.Collections;

namespace Paging.Core.Spaces;

/// <summary>The areas that map each file object, in lists linked through the area records. Linux: i_mmap of struct address_space.</summary>
/// <remarks>A8: an area is in the list of its object if and only if it has one.</remarks>
internal sealed class ObjectAreas(NativeSlab<Area> slab)
{
    private AreaIndex[] _first = new AreaIndex[64];    // by object number

    /// <summary>The first area that maps an object; <see cref="Area.FileNext"/> leads to the others.</summary>
    public AreaIndex FirstOf(uint number) => number < (uint)_first.Length ? _first[number] : AreaIndex.None;

    /// <summary>Adds an area to the list of an object.</summary>
    public void Link(uint number, AreaIndex index)
    {
        if (number >= (uint)_first.Length) Array.Resize(ref _first, Math.Max(2 * _first.Length, (int)number + 1));
        ref AreaIndex first = ref _first[number];
        ref Area area = ref slab[index.Value];
        area.FilePrevious = AreaIndex.None;
        area.FileNext = first;
        if (first.IsSome) slab[first.Value].FilePrevious = index;
        first = index;
    }

    /// <summary>Removes an area from the list of its object.</summary>
    public void Unlink(uint number, AreaIndex index)
    {
        ref Area area = ref slab[index.Value];
        if (area.FilePrevious.IsSome) slab[area.FilePrevious.Value].FileNext = area.FileNext;
        else _first[number] = area.FileNext;
        if (area.FileNext.IsSome) slab[area.FileNext.Value].FilePrevious = area.FilePrevious;
        area.FilePrevious = area.FileNext = AreaIndex.None;
    }
}
