using System.Text;
using Paging.Pictures.Writing;

namespace Paging.Pictures;

/// <summary>A picture, and its description in words.</summary>
/// <param name="Key">Kind and subject of the picture: stable from step to step, so that a page replaces like by like.</param>
/// <param name="Title">Its caption.</param>
/// <param name="Description">A description, for screen readers and search.</param>
/// <param name="Drawing">The drawing.</param>
public sealed record Figure(string Key, string Title, string Description, SvgDrawing Drawing)
{
    /// <summary>The lines of a chart, each with its stroke: parts of the classes <c>line0</c>, <c>line1</c>, … Else none.</summary>
    public IReadOnlyList<(string Name, string Stroke)> Lines { get; internal init; } = [];

    /// <summary>The chart with a logarithmic axis; null if it would show no more.</summary>
    public Figure? Logarithmic { get; internal init; }

    /// <summary>The picture as an element of an HTML page that has the style sheet.</summary>
    public string ToElement()
    {
        string height = SvgText.Number(Drawing.Height + 4);
        return $"<svg class=\"fig\" viewBox=\"0 0 {SvgText.Number(SvgDrawing.Width)} {height}\" role=\"img\" " +
            $"aria-label=\"{SvgText.Escape(Title + ". " + Description)}\">{Drawing.Body}</svg>";
    }

    /// <summary>The picture as a file of its own, with title and style.</summary>
    public string ToFile() => ToFile([this]);

    /// <summary>Pictures one below the other, in one file.</summary>
    public static string ToFile(IReadOnlyList<Figure> figures)
    {
        const int titleHeight = 34;
        StringBuilder bodies = new();
        double top = 0;
        foreach (Figure figure in figures)
        {
            string title = SvgDrawing.Fit(figure.Title, SvgDrawing.InnerWidth, TextStyle.Strong);
            bodies.Append("<text class=\"t b\" x=\"10\" y=\"").Append(SvgText.Number(top + 21)).Append("\">").Append(SvgText.Escape(title))
                .Append("</text>\n<g transform=\"translate(0 ").Append(SvgText.Number(top + titleHeight)).Append(")\">")
                .Append(figure.Drawing.Body).Append("</g>\n");
            top += figure.Drawing.Height + titleHeight + 8;
        }

        string width = SvgText.Number(SvgDrawing.Width), height = SvgText.Number(top);
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fig\" width=\"{width}\" height=\"{height}\" " +
            $"viewBox=\"0 0 {width} {height}\" role=\"img\">\n" +
            $"<title>{SvgText.Escape(string.Join("; ", figures.Select(static figure => figure.Title)))}</title>\n" +
            $"<desc>{SvgText.Escape(string.Join("; ", figures.Select(static figure => figure.Description)))}</desc>\n" +
            $"<style>{PictureStyle.Sheet}</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{bodies}</svg>\n";
    }
}
