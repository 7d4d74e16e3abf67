namespace Paging.Pictures.Writing;

/// <summary>A shape as it was drawn, in the units of the picture, for renderers other than SVG.</summary>
/// <param name="Kind">The kind of shape, which gives its points their meaning.</param>
/// <param name="Classes">Classes of the style sheet; of a text the name of its <see cref="TextStyle"/>.</param>
/// <param name="Points">Its points.</param>
/// <param name="Text">The words of a text, not cut.</param>
/// <param name="Anchor">The point of the text that stands at its x.</param>
/// <param name="Room">The most that the text may be wide.</param>
internal sealed record DrawnShape(
    DrawnKind Kind, string Classes, IReadOnlyList<(double X, double Y)> Points, string Text = "", TextAnchor Anchor = TextAnchor.Start,
    double Room = double.PositiveInfinity)
{
    /// <summary>The first point: the upper left corner of a box.</summary>
    public (double X, double Y) From => Points[0];

    /// <summary>The last point: the lower right corner of a box.</summary>
    public (double X, double Y) To => Points[^1];

    /// <summary>True if one of its classes is this one.</summary>
    public bool Has(string name) => Classes.Split(' ').Contains(name, StringComparer.Ordinal);
}
