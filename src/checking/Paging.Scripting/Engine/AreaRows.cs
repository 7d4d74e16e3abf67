using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Engine;

/// <summary>The rows of <c>maps</c> and <c>areas</c>.</summary>
internal static class AreaRows
{
    /// <summary>Every area that intersects the range, in full; neighbours whose rows would not show where one ends can be joined.</summary>
    public static string Format(AddressSpace memory, PageRange range, bool joined) =>
        MapsRow.Format(memory.Areas.Snapshot().Where(area => area.Range.Intersects(range)).Select(Of), joined);

    /// <summary>The row of one area.</summary>
    public static MapsRow Of(AreaSnapshot area) => new((ulong)area.Range.First.Value << 12, (ulong)area.Range.End.Value << 12, area.Rights,
        area.ByteOffset, area.Name, area.ObjectId.ToString(CultureInfo.InvariantCulture), area.ObjectId != 0);
}
