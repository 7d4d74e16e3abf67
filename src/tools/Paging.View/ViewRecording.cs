using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Pictures;
using Paging.Pictures.Writing;

namespace Paging.View;

/// <summary>A view of a run as one animated SVG file: the positions that it visits, forwards and backwards, one after the other.</summary>
/// <remarks>
/// Each position has the same pictures as on the page, of the same session. Each picture is in the file once, however often it is shown.
/// It begins with its fullest scene, which a reader whose browser prefers reduced motion gets as a still picture.
/// </remarks>
public static class ViewRecording
{
    private const int SecondsOfScene = 3, ProcessCount = 2;
    private const double TitleHeight = 34, Gap = 8;

    /// <summary>Writes the file. Cost: that of the steps between the positions; going back takes the run from its start.</summary>
    /// <param name="run">The run, which the caller disposes of.</param>
    /// <param name="title">The title of the picture.</param>
    /// <param name="visits">The number of steps taken at each position.</param>
    /// <returns>The file, or null if the run has too few steps.</returns>
    public static string? Write(IViewedRun run, string title, IReadOnlyList<int> visits)
    {
        ArgumentOutOfRangeException.ThrowIfZero(visits.Count, nameof(visits));
#pragma warning disable CA2000 // Disposing of the session would dispose of the run
        ViewSession session = new(run);
#pragma warning restore CA2000
        List<Scene> scenes = [];
        foreach (int position in visits)
        {
            bool isBack = position < session.Position;
            session.GoTo(position);
            if (session.Position != position) return null;
            scenes.Add(new(position, HeadOf(session, isBack), [.. PicturesOf(session)]));
        }

        return Write(title, scenes);
    }

    /// <summary>The tables of two processes, each in a place of its own, and RAM.</summary>
    private static IEnumerable<Figure?> PicturesOf(ViewSession session)
    {
        for (int i = 0; i < ProcessCount; i++)
        {
            yield return i < session.Now.Spaces.Count
                ? ViewPictures.Draw("tables", session, session.Now.Spaces[i].ProcessId, first: 0) : null;
        }

        yield return ViewPictures.Draw("frames", session, processId: 0, first: 0);
    }

    /// <summary>The calls as a strip, the last one in words, and its events.</summary>
    private static Figure HeadOf(ViewSession session, bool isBack)
    {
        int position = session.Position, count = session.Steps.Count;
        SvgDrawing svg = new();
        double wide = SvgDrawing.InnerWidth / Math.Max(1, count);
        for (int i = 0; i < count; i++)
        {
            string fill = i + 1 == position ? "ch" : i < position ? "an0" : "no";
            svg.Box(SvgDrawing.Margin + (i * wide), 0, wide - 2, 10, fill, ("step", (i + 1).ToString(CultureInfo.InvariantCulture)));
        }

        string call = position == 0 ? "before the first call" : session.Steps[position - 1].ToString();
        string[] happened = [.. session.Log.Where(known => known.Step == position).Select(static known => Words(known.Event))];
        string words = isBack ? "The run is taken again from its start: every frame is as it was."
            : happened.Length == 0 ? "No page fault." : string.Join(", ", happened.Distinct(StringComparer.Ordinal));
        svg.Text(SvgDrawing.Margin, 28, isBack ? $"Back: after call {position} of {count}" : $"After call {position} of {count}",
            TextStyle.Strong);
        svg.Text(SvgDrawing.Margin, 46, call, TextStyle.Code, TextAnchor.Start, SvgDrawing.InnerWidth);
        svg.Text(SvgDrawing.Margin, 64, words, TextStyle.Note, TextAnchor.Start, SvgDrawing.InnerWidth);
        return new("head", "", $"{(isBack ? "back to call" : "call")} {position}, {call}: {words}", svg);
    }

    private static string Words(in EngineEvent happened) =>
        ViewSearch.Words(happened.Kind) + (happened.Frame == default ? "" : $": frame {happened.Frame.Value:x3}");

    private static string Write(string title, List<Scene> scenes)
    {
        double[] heights = [.. Enumerable.Range(0, ProcessCount + 1).Select(place =>
            scenes.Max(scene => scene.Pictures[place] is { } figure ? figure.Drawing.Height + TitleHeight + Gap : 0))];
        double head = scenes.Max(static scene => scene.Head.Drawing.Height) + Gap;
        StringBuilder definitions = new(), bodies = new();
        Dictionary<string, string> known = new(StringComparer.Ordinal);
        int still =
            scenes.IndexOf(scenes.MaxBy(static scene => (scene.Pictures.Count(static figure => figure is not null), scene.Position))!);
        for (int i = 0; i < scenes.Count; i++)
        {
            bodies.Append(CultureInfo.InvariantCulture, $"<g class=\"scene{(i == still ? " still" : "")}\" style=\"animation-delay:")
                .Append(CultureInfo.InvariantCulture,
                    $"{(((i - still + scenes.Count) % scenes.Count) - scenes.Count) * SecondsOfScene}s\">\n");
            double top = Gap;
            Place(scenes[i].Head, ref top, head);
            for (int place = 0; place < heights.Length; place++) Place(scenes[i].Pictures[place], ref top, heights[place]);
            bodies.Append("</g>\n");
        }

        string height = SvgText.Number(Gap + head + heights.Sum()), width = SvgText.Number(SvgDrawing.Width);
        string share = SvgText.Number(100.0 / scenes.Count);
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fig\" width=\"{width}\" height=\"{height}\" "
            + $"viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{SvgText.Escape(title)}</title>\n<desc>"
            + SvgText.Escape(string.Join("; ", scenes.Select(static scene => scene.Head.Description))) + "</desc>\n<style>"
            + PictureStyle.Sheet + "\n.scene{opacity:0}.still{opacity:1}\n"
            + $"@keyframes turn{{0%{{opacity:1}}{share}%{{opacity:0}}100%{{opacity:0}}}}\n"
            + "@media(prefers-reduced-motion:no-preference){.scene{animation:turn " + SvgText.Number(scenes.Count * SecondsOfScene)
            + $"s step-end infinite}}}}</style>\n<defs>\n{definitions}</defs>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"
            + $"{bodies}</svg>\n";

        void Place(Figure? figure, ref double top, double room)
        {
            if (figure is not null)
            {
                bool hasTitle = figure.Title.Length != 0;
                if (!known.TryGetValue(figure.Title + figure.Drawing.Body, out string? id))
                {
                    id = string.Create(CultureInfo.InvariantCulture, $"p{known.Count}");
                    known.Add(figure.Title + figure.Drawing.Body, id);
                    definitions.Append(CultureInfo.InvariantCulture, $"<g id=\"{id}\" class=\"fig\">");
                    if (hasTitle) definitions.Append("<text class=\"t b\" x=\"10\" y=\"21\">").Append(SvgText.Escape(figure.Title))
                        .Append("</text><g transform=\"translate(0 34)\">").Append(figure.Drawing.Body).Append("</g>");
                    else definitions.Append(figure.Drawing.Body);
                    definitions.Append("</g>\n");
                }

                bodies.Append(CultureInfo.InvariantCulture, $"<use href=\"#{id}\" y=\"{SvgText.Number(top)}\"/>\n");
            }

            top += room;
        }
    }

    /// <summary>A position of the run as it was seen.</summary>
    private sealed record Scene(int Position, Figure Head, Figure?[] Pictures);
}
