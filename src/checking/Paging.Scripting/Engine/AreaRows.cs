using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Scripting.Engine;

/// <summary>The rows of <c>maps</c> and <c>areas</c>.</summary>
internal static class AreaRows
{
    /// <summary>Every area that intersects the range, in full; neighbours whose rows would not show where one ends can be joined.</summary>
    public static string Format(AddressSpace memory, PageRange range, bool joined)
    {
        StringBuilder rows = new();
        AreaSnapshot? current = null;
        foreach (AreaSnapshot area in memory.Snapshot())
        {
            if (!area.Range.Intersects(range)) continue;
            if (joined && current is not null && LooksLikeOne(current, area))
            {
                current = current with { Range = PageRange.Between(current.Range.First, area.Range.End) };
                continue;
            }

            if (current is not null) Append(rows, current);
            current = area;
        }

        if (current is not null) Append(rows, current);
        return rows.ToString();
    }

    private static bool LooksLikeOne(AreaSnapshot low, AreaSnapshot high) =>
        low.Range.End == high.Range.First && string.Equals(low.Rights, high.Rights, StringComparison.Ordinal)
            && low.ObjectId == high.ObjectId
        && (low.ObjectId == 0 || low.ByteOffset + low.Range.Count.Bytes == high.ByteOffset);

    /// <summary>Appends the row of one area.</summary>
    public static void Append(StringBuilder rows, AreaSnapshot area)
    {
        if (rows.Length != 0) rows.Append('\n');
        rows.Append(CultureInfo.InvariantCulture,
            $"{(ulong)area.Range.First.Value << 12:x8}-{(ulong)area.Range.End.Value << 12:x8} {area.Rights} {area.ByteOffset:x8}");
        if (area.Name.Length != 0) rows.Append(' ').Append(area.Name);
    }
}
