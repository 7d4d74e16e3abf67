namespace Paging.Pictures;

/// <summary>A file, and the pages of it that are in RAM.</summary>
/// <param name="Id">Tells files apart.</param>
/// <param name="Name">Its name.</param>
/// <param name="PageCount">How many pages it has, by its length.</param>
/// <param name="Pages">The cached ones by number.</param>
public sealed record CachedFileView(int Id, string Name, uint PageCount, IReadOnlyList<CachedPageView> Pages);
