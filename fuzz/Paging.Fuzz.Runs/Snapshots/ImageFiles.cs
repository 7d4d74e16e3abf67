namespace Paging.Fuzz;

/// <summary>Images that are read from a file.</summary>
internal static class ImageFiles
{
    /// <summary>Saves an image and opens its file, which is gone afterwards: the mapping stays.</summary>
    /// <param name="save">Saves it.</param>
    /// <param name="open">Opens it.</param>
    public static TImage SaveAndOpen<TImage>(Action<Stream> save, Func<string, TImage> open)
    {
        string path = Path.Combine(Path.GetTempPath(), $"paging-{Path.GetRandomFileName()}");
        try
        {
            using (FileStream file = File.Create(path)) save(file);
            return open(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
