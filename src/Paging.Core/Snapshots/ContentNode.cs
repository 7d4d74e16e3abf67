using Paging.Core.Cache;
using Paging.Core.Files;

namespace Paging.Core.Snapshots;

/// <summary>The contents of shared memory at one snapshot of the engine: its objects, and the edge to the parent.</summary>
internal sealed class ContentNode(ContentNode? parent) : JournalNode<ContentNode, ContentDelta>(parent)
{
    /// <summary>The objects, each held, and their lengths and seals.</summary>
    public HeldObject[] Objects { get; init; } = [];

    /// <summary>A copy of their contents, if restores are checked; otherwise null.</summary>
    public ContentCopy? Copy { get; set; }
}

/// <summary>A frozen edge: the pages in which two snapshots differ, as they are at the one that is farther away.</summary>
internal sealed class ContentDelta(Dictionary<ContentPage, KeptContent> pages)
{
    /// <summary>The pages.</summary>
    public Dictionary<ContentPage, KeptContent> Pages { get; } = pages;
}

/// <summary>An object that a snapshot of the engine holds.</summary>
internal readonly record struct HeldObject(FileObject File, long ByteLength, FileSeals Seals);
