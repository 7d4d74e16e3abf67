using System.Globalization;
using System.Xml.Linq;

namespace Paging.Pictures.Tests;

/// <summary>Reads a picture back: its boxes, and the facts beside them.</summary>
internal sealed class SvgReader
{
    private readonly XElement _root;

    public SvgReader(Figure figure) => _root = XElement.Parse(figure.ToElement());

    public IEnumerable<XElement> Elements => _root.Descendants();

    public IEnumerable<string> Texts => _root.Descendants("text").Select(static text => text.Value);

    /// <summary>The boxes that carry a fact of that name.</summary>
    public IReadOnlyList<SvgBox> Boxes(string fact) =>
        [.. _root.Descendants("rect").Where(rect => rect.Attribute("data-" + fact) is not null).Select(rect => new SvgBox(rect, fact))];

    public static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}

/// <summary>A box, and its facts.</summary>
internal sealed record SvgBox(XElement Element, string Fact)
{
    public double X => SvgReader.Number(Element, "x");
    public double Y => SvgReader.Number(Element, "y");
    public double Width => SvgReader.Number(Element, "width");
    public double Height => SvgReader.Number(Element, "height");
    public string Value => Element.Attribute("data-" + Fact)!.Value;

    public string Of(string fact) => Element.Attribute("data-" + fact)!.Value;

    public int NumberOf(string fact) => int.Parse(Of(fact), CultureInfo.InvariantCulture);

    /// <summary>True if two boxes share more than their edges. Coordinates are rounded to four decimals.</summary>
    public bool Overlaps(SvgBox other) =>
        X + 0.001 < other.X + other.Width && other.X + 0.001 < X + Width && Y + 0.001 < other.Y + other.Height && other.Y + 0.001 < Y
            + Height;
}
