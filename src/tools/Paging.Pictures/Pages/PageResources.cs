using Paging.Pictures.Writing;

namespace Paging.Pictures.Pages;

/// <summary>The style sheet and the scripts that come with this assembly.</summary>
public static class PageResources
{
    /// <summary>The colours, the style of the page, and the style of the pictures.</summary>
    public static string Style =>
        $":root{{color-scheme:light dark;{PictureStyle.Light}}}\n@media(prefers-color-scheme:dark){{:root{{{PictureStyle.Dark}}}}}\n"
            + PictureStyle.Rules + "\n" + Read("page.css");

    /// <summary>A file of the folder Pages, by its name.</summary>
    public static string Read(string name)
    {
        using StreamReader reader = new(typeof(PageResources).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
