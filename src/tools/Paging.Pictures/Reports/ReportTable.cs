using System.Text;

namespace Paging.Pictures.Reports;

/// <summary>The numbers of a picture.</summary>
/// <param name="Name">The name of its file when it is saved, without an ending.</param>
/// <param name="Header">The names of the columns.</param>
/// <param name="Rows">The rows, with as many cells each.</param>
public sealed record ReportTable(string Name, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The table as comma-separated values: RFC 4180.</summary>
    public string ToCsv()
    {
        StringBuilder text = new();
        foreach (IReadOnlyList<string> row in (IEnumerable<IReadOnlyList<string>>)[Header, .. Rows])
            text.AppendJoin(',', row.Select(Quote)).Append("\r\n");
        return text.ToString();
    }

    private static string Quote(string cell)
    {
        // A cell that begins like a formula would be one in a spreadsheet.
        string safe = cell.Length != 0 && cell[0] is '=' or '+' or '@' ? "'" + cell : cell;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
