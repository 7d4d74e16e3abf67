using System.Globalization;
using System.Net;
using System.Text;
using Paging.Guest;
using Paging.Reports;

namespace Paging.Cli;

/// <summary>A page about one run: one file, no scripts, nothing loaded from elsewhere.</summary>
internal static class RunReport
{
    private const string Style =
        "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
        + "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
        + "table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left}"
        + "td.n{text-align:right;font-variant-numeric:tabular-nums}"
        + "pre{overflow-x:auto;background:#f6f6f6;padding:.8rem;font-size:12px}"
        + "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#222}}";

    /// <summary>The whole page.</summary>
    public static string Render(GuestKernel kernel, RunRequest request, GuestOutcome outcome)
    {
        StringBuilder text = new();
        string title = WebUtility.HtmlEncode(string.Join(' ', request.Words));
        text.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta ");
        text.Append(CultureInfo.InvariantCulture,
            $"name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{Style}</style></head><body>\n");
        text.Append(CultureInfo.InvariantCulture, $"<h1>{title}</h1>\n<p>{WebUtility.HtmlEncode(Ending(outcome))}; " +
            $"{request.RamBytes >> 20} MiB of RAM, {request.Swap?.Describe() ?? "no"} swap, seed {request.Seed}.</p>\n");
        Table(text, "Counters", ["What", "Times"], RunEnding.Counters(kernel).Select(static row => new[] { row.Name, Number(row.Value) }));
        Table(text, "System calls", ["Call", "Times", "Failed"], kernel.CallCounts.OrderByDescending(static call => call.Count)
            .Select(static call => new[] { call.Name, Number(call.Count), Number(call.Errors) })
            .Concat(kernel.UnknownCalls.Select(static call => new[] { $"unknown: {call.Key}", Number(call.Value), Number(call.Value) })));
        text.Append(CultureInfo.InvariantCulture,
            $"<h2>Memory of the program at its end</h2>\n<pre>{WebUtility.HtmlEncode(kernel.FinalMaps ?? "")}</pre>\n");
        text.Append(CultureInfo.InvariantCulture,
            $"<h2>The machine</h2>\n<pre>{WebUtility.HtmlEncode(kernel.Engine.FormatMeminfo())}</pre>\n</body></html>\n");
        return text.ToString();
    }

    private static string Ending(GuestOutcome outcome) => outcome.End switch
    {
        GuestEnd.Exited => $"exited with {outcome.Code}",
        GuestEnd.Killed => $"killed by signal {outcome.Code}",
        GuestEnd.Stopped => "stopped",
        GuestEnd.LimitReached => "stopped at its limit",
        _ => "stopped: every process waited",
    };

    private static void Table(StringBuilder text, string heading, string[] columns, IEnumerable<string[]> rows)
    {
        text.Append(CultureInfo.InvariantCulture, $"<h2>{heading}</h2>\n<table><tr>");
        foreach (string column in columns) text.Append(CultureInfo.InvariantCulture, $"<th>{column}</th>");
        text.Append("</tr>\n");
        foreach (string[] row in rows)
        {
            text.Append("<tr>");
            for (int i = 0; i < row.Length; i++)
                text.Append(CultureInfo.InvariantCulture, $"<td{(i == 0 ? "" : " class=\"n\"")}>{WebUtility.HtmlEncode(row[i])}</td>");
            text.Append("</tr>\n");
        }

        text.Append("</table>\n");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
