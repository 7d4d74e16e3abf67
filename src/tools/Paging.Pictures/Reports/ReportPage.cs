using System.Globalization;
using System.Text;
using Paging.Pictures.Pages;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>Writes a report as one HTML page without scripts: pictures, their numbers as tables, and these to save.</summary>
public static class ReportPage
{
    private const int RowCountMax = 400;

    /// <summary>Writes the page.</summary>
    public static string Write(string title, IReadOnlyList<ReportSection> sections)
    {
        StringBuilder page = new();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<link rel=\"icon\" href=\"data:,\">\n<title>")
            .Append(SvgText.Escape(title)).Append("</title>\n<style>\n").Append(PageResources.Style)
                .Append(PageResources.Read("report.css"))
                .Append(StyleOf(sections.SelectMany(static section => section.Parts)
                    .Max(static part => (int?)part.Figure.Lines.Count) ?? 0))
            .Append("</style>\n</head>\n<body class=\"report\">\n<main>\n<h1>").Append(SvgText.Escape(title)).Append("</h1>\n");
        foreach (ReportSection section in sections)
        {
            page.Append("<section>\n<h2>").Append(SvgText.Escape(section.Title)).Append("</h2>\n").Append(PageText.ToHtml(section.Text))
                .Append("<div class=\"parts\">\n");
            if (section.Listing is { } listing)
                page.Append("<pre tabindex=\"0\" role=\"region\" aria-label=\"").Append(SvgText.Escape(section.Title)).Append("\">")
                    .Append(SvgText.Escape(listing)).Append("</pre>\n");
            foreach ((Figure figure, ReportTable table) in section.Parts) AppendPart(page, figure, table);
            page.Append("</div>\n</section>\n");
        }

        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void AppendPart(StringBuilder page, Figure figure, ReportTable table)
    {
        string name = SvgText.Escape(table.Name);
        page.Append("<figure class=\"panel\"><figcaption>").Append(SvgText.Escape(figure.Title)).Append("</figcaption>")
            .Append(ToHtml(figure)).Append("\n<details><summary>").Append(SvgText.Count(table.Rows.Count))
                .Append(table.Rows.Count == 1 ? " row of numbers</summary>" : " rows of numbers</summary>")
            .Append("<p><a download=\"").Append(name).Append(".csv\" href=\"data:text/csv;base64,")
            .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(table.ToCsv()))).Append("\">Save ").Append(name).Append(".csv</a></p>")
            .Append("<div class=\"rows\" tabindex=\"0\" role=\"region\" aria-label=\"").Append(SvgText.Escape(figure.Title))
                .Append("\"><table><thead><tr>");
        foreach (string cell in table.Header) page.Append("<th scope=\"col\">").Append(SvgText.Escape(cell)).Append("</th>");
        page.Append("</tr></thead><tbody>");
        foreach (IReadOnlyList<string> row in table.Rows.Take(RowCountMax))
        {
            page.Append("<tr>");
            foreach (string cell in row) page.Append("<td>").Append(SvgText.Escape(cell)).Append("</td>");
            page.Append("</tr>");
        }

        page.Append("</tbody></table></div>");
        if (table.Rows.Count > RowCountMax) page.Append("<p>The first ").Append(RowCountMax).Append(" rows; the file has all.</p>");
        page.Append("</details></figure>\n");
    }

    /// <summary>The rules for as many lines as the charts of a page have at most.</summary>
    private static string StyleOf(int lineCount) => string.Concat(Enumerable.Range(0, lineCount).Select(static line => string.Create(
        CultureInfo.InvariantCulture, $".panel:has(.show{line}:not(:checked)) .line{line}{{display:none}}\n")));

    /// <summary>The picture, with its choices: hide a line, use a logarithmic axis. Check boxes, without a script.</summary>
    private static string ToHtml(Figure figure)
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
