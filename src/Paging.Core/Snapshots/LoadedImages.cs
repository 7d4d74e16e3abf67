using System.Runtime.CompilerServices;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>The images that an engine has made clones of.</summary>
/// <remarks>
/// An entry lasts as long as something else holds the image: its owner, or a delta. The pages stay with the engine, which clones may show.
/// </remarks>
internal sealed class LoadedImages
{
    private readonly ConditionalWeakTable<ImageContent, LoadedImage> _images = [];

    /// <summary>Finds what further clones of an image need; null: it has no clone here.</summary>
    public LoadedImage? Find(ImageContent image) => _images.TryGetValue(image, out LoadedImage? loaded) ? loaded : null;

    /// <summary>Records the first clone of an image.</summary>
    public void Add(ImageContent image, LoadedImage loaded) => _images.AddOrUpdate(image, loaded);

    /// <summary>Finds the page tables of a process of an image or its nearest ancestor with a clone. Null: none.</summary>
    /// <param name="image">The image.</param>
    /// <param name="place">The place of the process.</param>
    public ImagePageTables? FindTables(ImageContent image, int place)
    {
        for (ImageContent? one = image; one is not null; one = one.Parent)
            if (Find(one)?.TablesOf(place) is { } tables) return tables;
        return null;
    }
}
