using Paging.Pictures.Pages;

namespace Paging.View;

/// <summary>The page itself: its style is that of all pictures, its script asks for the rest.</summary>
internal static class ViewPage
{
    /// <summary>Writes the page.</summary>
    public static string Write() => Read("view.html").Replace("/*style*/", PageResources.Style + Read("view.css"), StringComparison.Ordinal)
        .Replace("/*script*/", Read("view.js"), StringComparison.Ordinal);

    private static string Read(string name)
    {
        using StreamReader reader = new(typeof(ViewPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
