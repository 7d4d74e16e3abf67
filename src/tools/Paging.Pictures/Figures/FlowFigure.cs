using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>Requests and answers: a column for each party, and an arrow for each message, in order.</summary>
public static class FlowFigure
{
    private const double Top = 34, RowHeight = 34;

    /// <summary>Draws the messages.</summary>
    /// <param name="title">The subject of the flow.</param>
    /// <param name="lanes">The parties that ask and answer; two or three.</param>
    /// <param name="messages">From which lane to which one, and what; within a lane it is work that is done there.</param>
    public static Figure Draw(string title, IReadOnlyList<string> lanes, IReadOnlyList<(int From, int To, string Words)> messages)
    {
        SvgDrawing svg = new();
        double width = SvgDrawing.InnerWidth / lanes.Count, bottom = Top + (messages.Count * RowHeight);
        double Middle(int lane) => SvgDrawing.Margin + ((lane + 0.5) * width);
        for (int i = 0; i < lanes.Count; i++)
        {
            svg.Box(Middle(i) - ((width - 12) / 2), 0, width - 12, 24, i == 0 ? "an0" : i == 1 ? "kn0" : "fi0", ("lane", lanes[i]));
            svg.Text(Middle(i), 16, lanes[i], TextStyle.Strong, TextAnchor.Middle, width - 18);
            svg.Line("axis", (Middle(i), 24), (Middle(i), bottom));
        }

        for (int i = 0; i < messages.Count; i++)
        {
            (int from, int to, string words) = messages[i];
            double y = Top + (i * RowHeight) + 24, left = Middle(Math.Min(from, to)), right = Middle(Math.Max(from, to));
            string numbered = $"{i + 1}. {words}";
            double half = SvgDrawing.WidthOf(numbered, TextStyle.Note) / 2, middle = (left + right) / 2;
            double least = SvgDrawing.Margin + half;
            middle = Math.Clamp(middle, least, Math.Max(least, SvgDrawing.Width - least));
            svg.Box(middle - half, y - 17, half * 2, 15, "paper", ("message", words));
            svg.Text(middle, y - 6, numbered, TextStyle.Note, TextAnchor.Middle);
            if (from == to)
            {
                svg.Circle(left, y + 2, 3.5, "tip");
                continue;
            }

            double end = Middle(to), back = to > from ? -7 : 7;
            svg.Line("ar", (Middle(from), y + 2), (end + back, y + 2));
            svg.Line("tip", (end, y + 2), (end + back, y - 1.5), (end + back, y + 5.5));
        }

        svg.Reach(bottom + 4);
        return new("flow", title, string.Join("; ", messages.Select(message =>
            $"{lanes[message.From]} to {lanes[message.To]}: {message.Words}")), svg);
    }
}
