using System.Text;

namespace Paging.Pictures.Writing;

/// <summary>A drawing under construction: boxes, lines and texts, in units of which a picture is <see cref="Width"/> wide.</summary>
/// <remarks>
/// Every text is escaped, every text can be cut to the room it has, and every box can carry facts (<c>data-</c> attributes), by which a
/// test reads the drawing back. Colours are classes; <see cref="PictureStyle"/> has their sheet.
/// </remarks>
public sealed class SvgDrawing
{
    /// <summary>The width of every picture: a column on a screen, and a telephone in full.</summary>
    public const double Width = 420;

    /// <summary>The margin at both sides.</summary>
    public const double Margin = 10;

    /// <summary>The width between the margins.</summary>
    public const double InnerWidth = Width - (2 * Margin);

    private readonly StringBuilder _body = new();
    private readonly List<DrawnShape> _shapes = [];

    /// <summary>The shapes in order; a terminal draws the same picture from them.</summary>
    internal IReadOnlyList<DrawnShape> Shapes => _shapes;

    /// <summary>The height of the picture. Grows with its contents.</summary>
    public double Height { get; private set; }

    /// <summary>The SVG so far, without the root element.</summary>
    public string Body => _body.ToString();

    /// <summary>Makes the picture at least so high.</summary>
    public void Reach(double y) => Height = Math.Max(Height, y);

    /// <summary>Begins a part of the picture that a page can hide. Ends with <see cref="EndGroup"/>.</summary>
    internal void BeginGroup(string classes) => _body.Append("<g class=\"").Append(classes).Append("\">");

    /// <summary>Ends it.</summary>
    internal void EndGroup() => _body.Append("</g>");

    /// <summary>Draws a box.</summary>
    /// <param name="x">The left edge.</param>
    /// <param name="y">The upper edge.</param>
    /// <param name="width">The width, 0 or more.</param>
    /// <param name="height">The height, 0 or more.</param>
    /// <param name="classes">Classes of the style sheet.</param>
    /// <param name="facts">Names and values for <c>data-</c> attributes.</param>
    public void Box(double x, double y, double width, double height, string classes, params ReadOnlySpan<(string Name, string Value)> facts)
    {
        Open("rect", classes);
        Add("x", x);
        Add("y", y);
        Add("width", Math.Max(0, width));
        Add("height", Math.Max(0, height));
        Add(facts);
        _body.Append("/>");
        _shapes.Add(new(DrawnKind.Box, classes, [(x, y), (x + Math.Max(0, width), y + Math.Max(0, height))]));
        Reach(y + height);
    }

    /// <summary>Draws a box with a tooltip.</summary>
    /// <param name="corner">The upper left corner.</param>
    /// <param name="width">The width, 0 or more.</param>
    /// <param name="height">The height, 0 or more.</param>
    /// <param name="classes">Classes of the style sheet.</param>
    /// <param name="hint">The tooltip's text.</param>
    /// <param name="facts">Names and values for <c>data-</c> attributes.</param>
    public void HintedBox((double X, double Y) corner, double width, double height, string classes, string hint,
        params ReadOnlySpan<(string Name, string Value)> facts)
    {
        Box(corner.X, corner.Y, width, height, classes, facts);
        _body.Length -= 2;
        _body.Append("><title>").Append(SvgText.Escape(hint)).Append("</title></rect>");
    }

    /// <summary>Draws a circle.</summary>
    public void Circle(double x, double y, double radius, string classes, params ReadOnlySpan<(string Name, string Value)> facts)
    {
        Open("circle", classes);
        Add("cx", x);
        Add("cy", y);
        Add("r", radius);
        Add(facts);
        _body.Append("/>");
        _shapes.Add(new(DrawnKind.Circle, classes, [(x - radius, y - radius), (x + radius, y + radius)]));
        Reach(y + radius);
    }

    /// <summary>Draws a line through points.</summary>
    public void Line(string classes, params ReadOnlySpan<(double X, double Y)> points)
    {
        _body.Append("<path class=\"").Append(classes).Append("\" d=\"");
        for (int i = 0; i < points.Length; i++)
        {
            _body.Append(i == 0 ? 'M' : 'L').Append(SvgText.Number(points[i].X)).Append(' ').Append(SvgText.Number(points[i].Y));
            Reach(points[i].Y);
        }

        _body.Append("\"/>");
        _shapes.Add(new(DrawnKind.Line, classes, points.ToArray()));
    }

    /// <summary>Draws a curve from one point to another that leaves and arrives level, with facts.</summary>
    public void Curve(string classes, (double X, double Y) from, (double X, double Y) to,
        params ReadOnlySpan<(string Name, string Value)> facts)
    {
        double middle = (from.X + to.X) / 2;
        _body.Append("<path class=\"").Append(classes).Append("\" d=\"M").Append(SvgText.Number(from.X)).Append(' ')
            .Append(SvgText.Number(from.Y)).Append('C').Append(SvgText.Number(middle)).Append(' ').Append(SvgText.Number(from.Y))
                .Append(' ')
            .Append(SvgText.Number(middle)).Append(' ').Append(SvgText.Number(to.Y)).Append(' ').Append(SvgText.Number(to.X)).Append(' ')
            .Append(SvgText.Number(to.Y)).Append('"');
        Add(facts);
        _body.Append("/>");
        _shapes.Add(new(DrawnKind.Curve, classes, [from, to]));
        Reach(Math.Max(from.Y, to.Y));
    }

    /// <summary>Writes a text, cut to the room if there is a limit. Returns its width, at most.</summary>
    public double Text(double x, double y, string text, TextStyle style = TextStyle.Label, TextAnchor anchor = TextAnchor.Start,
        double room = double.PositiveInfinity)
    {
        string fitting = double.IsPositiveInfinity(room) ? text : Fit(text, room, style);
        Open("text", style switch
        {
            TextStyle.Label => "t",
            TextStyle.Strong => "t b",
            TextStyle.Note => "t n",
            TextStyle.Code => "t m",
            TextStyle.Tiny => "t y",
            TextStyle.Node => "t k",
            _ => "t v",
        });
        Add("x", x);
        Add("y", y);
        if (anchor != TextAnchor.Start) _body.Append(anchor == TextAnchor.Middle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"");
        _body.Append('>').Append(SvgText.Escape(fitting)).Append("</text>");
        _shapes.Add(new(DrawnKind.Text, style.ToString(), [(x, y)], text, anchor, room));
        Reach(y + (SizeOf(style) * 0.35));
        return WidthOf(fitting, style);
    }

    /// <summary>Draws the key of a fill: a small box and the words after it. Returns its width.</summary>
    public double LegendEntry(double x, double y, string fill, string words)
    {
        Box(x, y - 9, 10, 10, fill);
        return 15 + Text(x + 15, y, words, TextStyle.Note);
    }

    /// <summary>Draws the mark of something that has changed since the step before: a bar and, if there is room, the word.</summary>
    public void ChangeMark(double x, double y, double height) => Box(x, y, 3, height, "ch", ("change", "1"));

    /// <summary>The width of a text, as <see cref="SvgText.WidthOf"/> estimates it.</summary>
    internal static double WidthOf(string text, TextStyle style) => SvgText.WidthOf(text, SizeOf(style), IsMonospace(style));

    /// <summary>The text, or as much of its beginning as fits, with an ellipsis.</summary>
    internal static string Fit(string text, double room, TextStyle style) => SvgText.Fit(text, room, SizeOf(style), IsMonospace(style));

    /// <summary>The font size of a style, as in <see cref="PictureStyle"/>.</summary>
    private static double SizeOf(TextStyle style) => style is TextStyle.Label or TextStyle.Strong ? 13 : 12;

    private static bool IsMonospace(TextStyle style) => style is TextStyle.Code or TextStyle.Tiny or TextStyle.Inverse or TextStyle.Node;

    private void Open(string element, string classes) => _body.Append('<').Append(element).Append(" class=\"").Append(classes).Append('"');

    private void Add(string name, double value) =>
        _body.Append(' ').Append(name).Append("=\"").Append(SvgText.Number(value)).Append('"');

    private void Add(ReadOnlySpan<(string Name, string Value)> facts)
    {
        foreach ((string name, string value) in facts)
            _body.Append(" data-").Append(name).Append("=\"").Append(SvgText.Escape(value)).Append('"');
    }
}
