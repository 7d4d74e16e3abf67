using Paging.Core;

namespace Paging.Pictures.Snapshots;

/// <summary>One area, with its pages that are present.</summary>
/// <param name="Area">The area, as it has been agreed.</param>
/// <param name="Label">Its usual name: Stack, Heap, a file's name.</param>
/// <param name="Present">Its pages whose entry is present, pages of zeros included.</param>
/// <param name="Own">The number of those that lead to a frame of the process's own: anonymous memory, or a private copy.</param>
/// <param name="Swapped">Its pages on a swap device.</param>
public sealed record AreaView(AreaSnapshot Area, string Label, uint Present, uint Own, uint Swapped)
{
    /// <summary>True if a file's pages stand after it; not for huge pages, whose file is a name only.</summary>
    public bool IsOfFile => Area.ObjectId != 0 && !Area.IsSharedAnonymous
        && !string.Equals(Area.Name, AreaNaming.HugePagesName, StringComparison.Ordinal);

    /// <summary>The first byte, and the one after the last, as maps prints them.</summary>
    public string Addresses => $"{(ulong)Area.Range.First.Value << 12:x8}–{(ulong)Area.Range.End.Value << 12:x8}";
}
