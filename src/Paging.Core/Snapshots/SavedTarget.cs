namespace Paging.Core.Snapshots;

/// <summary>The kind of output that a process or an engine is saved to.</summary>
/// <param name="Stream">Receives the form.</param>
/// <param name="Pages">Receives the bytes of pages; null: the stream does.</param>
/// <param name="IsImage">True for an image, which keeps marked bytes beside the form.</param>
/// <param name="Delta">Receives the pages of a delta instead of <paramref name="Pages"/>; null: it is none.</param>
internal readonly record struct SavedTarget(
    Stream Stream, Action<ReadOnlySpan<byte>>? Pages, bool IsImage, DeltaPages? Delta = null);
