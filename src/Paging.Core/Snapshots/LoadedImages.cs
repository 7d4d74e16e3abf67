using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>The images that an engine has made clones of.</summary>
internal sealed class LoadedImages
{
    private readonly Dictionary<ImageContent, LoadedImage> _images = new(ReferenceEqualityComparer.Instance);

    /// <summary>Finds what further clones of an image need; null: it has no clone here, or each is loaded by itself.</summary>
    public LoadedImage? Find(ImageContent image) => _images.GetValueOrDefault(image);

    /// <summary>Records the first clone of an image.</summary>
    public void Add(ImageContent image, LoadedImage loaded) => _images[image] = loaded;

    /// <summary>Finds the page tables of the first process of an image or its nearest ancestor with a clone. Null: none.</summary>
    public ImagePageTables? FindTables(ImageContent image)
    {
        for (ImageContent? one = image; one is not null; one = one.Parent)
            if (Find(one)?.TablesOf(0) is { } tables) return tables;
        return null;
    }
}
