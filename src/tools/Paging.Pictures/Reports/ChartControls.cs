using System.Globalization;
using System.Text;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>Controls of a chart on a page: hide a line, use a logarithmic axis. Check boxes, without a script.</summary>
internal static class ChartControls
{
    /// <summary>The rules for as many lines as the charts of a page have at most.</summary>
    public static string Style(int lineCount) => string.Concat(Enumerable.Range(0, lineCount).Select(static line => string.Create(
        CultureInfo.InvariantCulture, $".panel:has(.show{line}:not(:checked)) .line{line}{{display:none}}\n")));

    /// <summary>The picture, with its choices.</summary>
    public static string ToHtml(Figure figure)
    {
        if (figure.Lines.Count < 2 && figure.Logarithmic is null) return figure.ToElement();
        StringBuilder html = new();
        html.Append("<div class=\"linear\">").Append(figure.ToElement()).Append("</div>");
        if (figure.Logarithmic is { } logarithmic)
            html.Append("<div class=\"logarithmic\">").Append(logarithmic.ToElement()).Append("</div>");
        html.Append("\n<fieldset class=\"choices\"><legend>Shown</legend>");
        for (int line = 0; line < figure.Lines.Count && figure.Lines.Count > 1; line++)
        {
            html.Append(CultureInfo.InvariantCulture, $"<label><input type=\"checkbox\" class=\"show{line}\" checked>")
                .Append("<svg class=\"fig stroke\" viewBox=\"0 0 26 12\" aria-hidden=\"true\"><path class=\"")
                .Append(figure.Lines[line].Stroke).Append("\" d=\"M0 6L26 6\"/></svg>").Append(SvgText.Escape(figure.Lines[line].Name))
                .Append("</label>");
        }

        if (figure.Logarithmic is not null)
            html.Append("<label><input type=\"checkbox\" class=\"by-ratio\">logarithmic axis</label>");
        return html.Append("</fieldset>").ToString();
    }
}
