namespace Paging.Pictures.Snapshots;

/// <summary>A file, and the pages of it that are in RAM.</summary>
public sealed record CachedFileView
{
    internal CachedFileView(int id, string name, uint pageCount, IReadOnlyList<CachedPageView> pages) =>
        (Id, Name, PageCount, Pages) =
        (id, name, pageCount, pages);

    /// <summary>Identifies the file.</summary>
    public int Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The number of its pages, by its length.</summary>
    public uint PageCount { get; }

    /// <summary>The cached ones by number.</summary>
    public IReadOnlyList<CachedPageView> Pages { get; }
}
