namespace Paging.Pictures.Snapshots;

/// <summary>A file, and the pages of it that are in RAM.</summary>
/// <param name="Id">Identifies the file.</param>
/// <param name="Name">Its name.</param>
/// <param name="PageCount">The number of its pages, by its length.</param>
/// <param name="Pages">The cached ones by number.</param>
public sealed record CachedFileView(int Id, string Name, uint PageCount, IReadOnlyList<CachedPageView> Pages);
