using Paging.Core;

namespace Paging.Pictures.Snapshots;

/// <summary>One area, with its pages that are present.</summary>
public sealed record AreaView
{
    internal AreaView(AreaSnapshot area, string label, uint present, uint own, uint swapped) =>
        (Area, Label, Present, Own, Swapped) =
        (area, label, present, own, swapped);

    /// <summary>The area, as it has been agreed.</summary>
    public AreaSnapshot Area { get; }

    /// <summary>Its usual name: Stack, Heap, a file's name.</summary>
    public string Label { get; internal init; }

    /// <summary>Its pages whose entry is present, pages of zeros included.</summary>
    public uint Present { get; }

    /// <summary>The number of those that lead to a frame of the process's own: anonymous memory, or a private copy.</summary>
    public uint Own { get; }

    /// <summary>Its pages on a swap device.</summary>
    public uint Swapped { get; }

    /// <summary>True if a file's pages stand behind it; not for huge pages, whose file is a name only.</summary>
    public bool IsOfFile => Area.ObjectId != 0 && !Area.IsSharedAnonymous
        && !string.Equals(Area.Name, AreaNaming.HugePagesName, StringComparison.Ordinal);

    /// <summary>The first byte, and the one behind the last, as maps prints them.</summary>
    public string Addresses => $"{(ulong)Area.Range.First.Value << 12:x8}–{(ulong)Area.Range.End.Value << 12:x8}";
}
