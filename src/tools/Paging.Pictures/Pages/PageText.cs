using System.Text;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Pages;

/// <summary>The little markup of texts: paragraphs, and code between backticks.</summary>
public static class PageText
{
    /// <summary>The text as HTML paragraphs.</summary>
    public static string ToHtml(string text)
    {
        StringBuilder html = new();
        foreach (string paragraph in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            html.Append("<p>");
            string[] parts = paragraph.ReplaceLineEndings(" ").Split('`');
            for (int i = 0; i < parts.Length; i++)
                html.Append(i % 2 == 0 ? SvgText.Escape(parts[i]) : $"<code>{SvgText.Escape(parts[i])}</code>");
            html.Append("</p>");
        }

        return html.ToString();
    }

    /// <summary>The text for a terminal, in lines of at most that many columns.</summary>
    public static IEnumerable<string> ToLines(string text, int columns)
    {
        return LinesOf(text, columns);
    }

    private static IEnumerable<string> LinesOf(string text, int columns)
    {
        foreach (string paragraph in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            StringBuilder line = new();
            foreach (string word in paragraph.Replace("`", "", StringComparison.Ordinal)
                .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Length != 0 && line.Length + 1 + word.Length > columns)
                {
                    yield return line.ToString();
                    line.Clear();
                }

                if (line.Length != 0) line.Append(' ');
                line.Append(word);
            }

            if (line.Length != 0) yield return line.ToString();
        }
    }
}
