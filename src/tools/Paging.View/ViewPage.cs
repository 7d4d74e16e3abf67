using Paging.Pictures.Pages;
using Paging.Pictures.Writing;

namespace Paging.View;

/// <summary>The page itself: its style is that of all pictures, its script asks for the rest.</summary>
internal static class ViewPage
{
    /// <summary>Writes the page under a title.</summary>
    public static string Write(string title) => Read("view.html")
        .Replace("A running engine", SvgText.Escape(title), StringComparison.Ordinal)
        .Replace("/*style*/", PageResources.Style + Read("view.css"), StringComparison.Ordinal)
        .Replace("/*script*/", Read("view.js"), StringComparison.Ordinal);

    private static string Read(string name)
    {
        using StreamReader reader = new(typeof(ViewPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
