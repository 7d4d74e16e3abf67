namespace Paging.View;

/// <summary>The pictures that were drawn last, so that scrolling one of them does not draw the others again.</summary>
internal sealed class PictureCache
{
    private readonly Dictionary<string, (Place Place, ViewPicture Picture)> _pictures = new(StringComparer.Ordinal);

    /// <summary>The picture of a kind; not drawn again if the machine and the place are the same. Null: there is none.</summary>
    public ViewPicture? Get(string kind, ViewSession session, int processId, int first)
    {
        Place place = new(session.Version, processId, ViewPictures.IsScrolled(kind) ? first : 0);
        if (_pictures.TryGetValue(kind, out (Place Place, ViewPicture Picture) known) && known.Place == place) return known.Picture;
        if (ViewPictures.Draw(kind, session, processId, first) is not { } figure) return null;
        string element = figure.ToElement();
        ViewPicture picture = new(figure.Title, element, $"{string.GetHashCode(element, StringComparison.Ordinal):x8}");
        _pictures[kind] = (place, picture);
        return picture;
    }

    /// <summary>The source that a picture was drawn from.</summary>
    private readonly record struct Place(long Version, int Process, int First);
}

/// <summary>A picture as the page gets it.</summary>
/// <param name="Title">Its caption.</param>
/// <param name="Element">The drawing.</param>
/// <param name="Mark">Differs where the drawing does.</param>
internal sealed record ViewPicture(string Title, string Element, string Mark)
{
    /// <summary>Instead of the pictures of a process, when all have ended.</summary>
    public static ViewPicture NoProcess { get; } = new("No process is left", "", "none");
}
