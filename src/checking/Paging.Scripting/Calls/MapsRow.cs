using System.Globalization;

namespace Paging.Scripting.Calls;

/// <summary>A row of <c>maps</c> and <c>areas</c>: <c>20000000-20002000 rw-p 00000000 A</c>.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The byte after it.</param>
/// <param name="Rights">Four characters, <c>rwxp</c>.</param>
/// <param name="Offset">Its offset in its object.</param>
/// <param name="Name">The dialect's name, or nothing.</param>
/// <param name="Object">Distinguishes objects that have the same name.</param>
/// <param name="HasOffset">False for private memory, whose offset means nothing.</param>
public readonly record struct MapsRow(
    ulong Start, ulong End, string Rights, ulong Offset, string Name, string Object, bool HasOffset)
{
    /// <summary>Returns true if the next row only continues this one, so that the two could be one area.</summary>
    public bool IsContinuedBy(in MapsRow next) => End == next.Start && string.Equals(Rights, next.Rights, StringComparison.Ordinal)
        && string.Equals(Object, next.Object, StringComparison.Ordinal) && (!HasOffset || Offset + (End - Start) == next.Offset);

    /// <summary>The text of rows, one a line; neighbours that continue each other are joined if requested.</summary>
    public static string Format(IEnumerable<MapsRow> rows, bool joined)
    {
        List<MapsRow> shown = [];
        foreach (MapsRow row in rows)
        {
            if (joined && shown.Count != 0 && shown[^1].IsContinuedBy(row)) shown[^1] = shown[^1] with { End = row.End };
            else shown.Add(row);
        }

        return string.Join('\n', shown);
    }

    /// <summary>The row as it stands in a block.</summary>
    public override string ToString()
    {
        string row = string.Create(CultureInfo.InvariantCulture, $"{Start:x8}-{End:x8} {Rights} {Offset:x8}");
        return Name.Length == 0 ? row : $"{row} {Name}";
    }
}
