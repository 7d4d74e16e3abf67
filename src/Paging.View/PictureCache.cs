using Paging.Pictures;

namespace Paging.View;

/// <summary>The pictures that were drawn last, so that scrolling one of them does not draw the others again.</summary>
internal sealed class PictureCache
{
    private readonly Dictionary<string, (long Version, int Process, int First, ViewPicture Picture)> _pictures =
        new(StringComparer.Ordinal);

    /// <summary>The picture of a kind: drawn, or the one that was drawn of the same machine in the same place; null if there is none.</summary>
    public ViewPicture? Get(string kind, ViewSession session, int processId, int first)
    {
        int place = ViewPictures.IsScrolled(kind) ? first : 0;
        if (_pictures.TryGetValue(kind, out var known) && (known.Version, known.Process, known.First) == (session.Version, processId, place))
            return known.Picture;
        if (ViewPictures.Draw(kind, session, processId, first) is not { } figure) return null;
        string element = figure.ToElement();
        ViewPicture picture = new(figure.Title, element, $"{string.GetHashCode(element, StringComparison.Ordinal):x8}");
        _pictures[kind] = (session.Version, processId, place, picture);
        return picture;
    }
}

/// <summary>A picture as the page gets it.</summary>
/// <param name="Title">Its caption.</param>
/// <param name="Element">The drawing.</param>
/// <param name="Mark">Differs where the drawing does.</param>
internal sealed record ViewPicture(string Title, string Element, string Mark);
