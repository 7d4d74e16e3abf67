using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Pages;

/// <summary>Writes stories as one HTML page that needs nothing else: no network, no other file.</summary>
/// <remarks>
/// Each picture is in the page once, even if several steps show it. The page's script only moves the pictures of a step into place; where
/// scripts are off, the page lists the steps.
/// </remarks>
public static class StoryPage
{
    private const string Title = "How memory works, seen on a running engine";

    /// <summary>Writes the page.</summary>
    public static string Write(IReadOnlyList<Story> stories)
    {
        StringBuilder page = new();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<link rel=\"icon\" href=\"data:,\">\n<title>").Append(Title).Append("</title>\n<style>\n")
            .Append(PageResources.Style)
            .Append("</style>\n<noscript><style>main,.menu{display:none}</style></noscript>\n</head>\n<body>\n");
        AppendBody(page, stories);
        return page.Append("<script type=\"application/json\" id=\"data\">").Append(Data(stories)).Append("</script>\n<script>\n")
            .Append(PageResources.Read("tour.js")).Append("</script>\n</body>\n</html>\n").ToString();
    }

    private static void AppendBody(StringBuilder page, IReadOnlyList<Story> stories)
    {
        page.Append("<a class=\"skip\" href=\"#story\">To the story</a>\n<header class=\"top\"><p class=\"brand\">").Append(Title)
            .Append("</p>\n<details class=\"menu\"><summary>Stories</summary>\n<nav aria-label=\"Stories\" class=\"nav-columns\">\n");
        foreach (IGrouping<string, Story> chapter in stories.GroupBy(static story => story.Chapter, StringComparer.Ordinal))
        {
            page.Append("<div><p class=\"chapter\">").Append(SvgText.Escape(chapter.Key)).Append("</p>\n<ul>\n");
            foreach (Story story in chapter)
                page.Append("<li><a href=\"#").Append(story.Name).Append("\">").Append(SvgText.Escape(story.Title)).Append("</a></li>\n");
            page.Append("</ul></div>\n");
        }

        page.Append("</nav>\n</details>\n</header>\n").Append("""
            <main id="story" tabindex="-1">
            <section class="tale" aria-labelledby="title">
            <p class="where" id="where"></p>
            <h1 id="title"></h1>
            <p class="claim" id="claim"></p>
            <div class="now" id="now" aria-live="polite" aria-atomic="true">
            <p class="count" id="count"></p>
            <h2 id="step"></h2>
            <pre class="call" id="call" tabindex="0" aria-label="The call"></pre>
            <div class="text" id="text"></div>
            </div>
            <div class="controls" role="group" aria-label="Steps">
            <button type="button" id="back">← Back</button>
            <div class="dots" id="dots"></div>
            <button type="button" id="next">Next →</button>
            </div>
            <p class="keys">Keys: ← and → step, and lead on to the next story and back; Home and End go to the first and the last step.
            What a step has changed is marked in orange.</p>
            </section>
            <section class="panels" id="panels" aria-label="The machine after this step"></section>
            <section id="print" aria-hidden="true"></section>
            </main>

            """);
        AppendPlain(page, stories);
    }

    /// <summary>Every story as a list of its steps, for a browser without scripts; the pictures lie beside the page.</summary>
    private static void AppendPlain(StringBuilder page, IReadOnlyList<Story> stories)
    {
        page.Append("<noscript><div class=\"plain\"><p>Without JavaScript, the stories are lists of ")
            .Append("their steps. The pictures lie beside this page, a folder for each story.</p>\n");
        foreach (Story story in stories)
        {
            page.Append("<h1 id=\"").Append(story.Name).Append("\">").Append(SvgText.Escape(story.Title)).Append("</h1>\n")
                .Append(PageText.ToHtml(story.Claim)).Append("<ol>\n");
            foreach (StoryStep step in story.Steps)
            {
                page.Append("<li><h2>").Append(SvgText.Escape(step.Title)).Append("</h2>");
                if (step.Call.Length != 0) page.Append("<pre class=\"call\">").Append(SvgText.Escape(step.Call)).Append("</pre>");
                page.Append(PageText.ToHtml(step.Text)).Append("</li>\n");
            }

            page.Append("</ol>\n");
        }

        page.Append("</div></noscript>\n");
    }

    private static string Data(IReadOnlyList<Story> stories)
    {
        List<string> figures = [];
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        using MemoryStream stream = new();
        JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (Utf8JsonWriter json = new(stream, options))
        {
            json.WriteStartObject();
            json.WriteStartArray("stories");
            foreach (Story story in stories) WriteStory(json, story, figures, places);
            json.WriteEndArray();
            json.WriteStartArray("figures");
            foreach (string figure in figures) json.WriteStringValue(figure);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        // The relaxed encoder leaves '<': a closing tag or a comment inside the data would end the element.
        return Encoding.UTF8.GetString(stream.ToArray()).Replace("</", "<\\/", StringComparison.Ordinal)
            .Replace("<!--", "<\\u0021--", StringComparison.Ordinal);
    }

    private static void WriteStory(Utf8JsonWriter json, Story story, List<string> figures, Dictionary<string, int> places)
    {
        json.WriteStartObject();
        json.WriteString("name", story.Name);
        json.WriteString("title", story.Title);
        json.WriteString("chapter", story.Chapter);
        json.WriteString("claim", PageText.ToHtml(story.Claim));
        json.WriteStartArray("steps");
        for (int i = 0; i < story.Steps.Count; i++)
        {
            StoryStep step = story.Steps[i];
            HashSet<string> open = [.. step.KeysToOpen(i == 0 ? null : story.Steps[i - 1])];
            json.WriteStartObject();
            json.WriteString("title", step.Title);
            json.WriteString("call", step.Call);
            json.WriteString("text", PageText.ToHtml(step.Text));
            json.WriteStartArray("figures");
            foreach (Figure figure in step.Figures) WriteFigure(json, figure, open.Contains(figure.Key), figures, places);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFigure(Utf8JsonWriter json, Figure figure, bool isOpen, List<string> figures, Dictionary<string, int> places)
    {
        string element = figure.ToElement();
        if (!places.TryGetValue(element, out int place))
        {
            places.Add(element, place = figures.Count);
            figures.Add(element);
        }

        json.WriteStartObject();
        json.WriteString("key", figure.Key);
        json.WriteString("title", figure.Title);
        json.WriteNumber("figure", place);
        json.WriteBoolean("open", isOpen);
        json.WriteEndObject();
    }
}
