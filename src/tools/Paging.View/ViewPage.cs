using Paging.Pictures.Pages;
using Paging.Pictures.Writing;

namespace Paging.View;

/// <summary>The page itself: its style is that of all pictures, its script asks for the rest.</summary>
internal static class ViewPage
{
    /// <summary>Writes the page under a title. A live one begins with the line for calls.</summary>
    public static string Write(string title, bool isLive) => Read("view.html")
        .Replace("class=\"view\"", isLive ? "class=\"view live\"" : "class=\"view\"", StringComparison.Ordinal)
        .Replace("A running engine", SvgText.Escape(title), StringComparison.Ordinal)
        .Replace("/*style*/", PageResources.Style + Read("view.css"), StringComparison.Ordinal)
        .Replace("/*script*/", Read("view.js"), StringComparison.Ordinal);

    private static string Read(string name)
    {
        using StreamReader reader = new(typeof(ViewPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
