using System.Globalization;
using System.Text;
using Paging.HostKernel.Files;

namespace Paging.HostKernel.Inspection;

/// <summary>One row of <c>/proc/PID/maps</c>.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The byte behind it; the user half ends at 3 GiB, so that it fits.</param>
/// <param name="Rights">Four characters, <c>rwxp</c>.</param>
/// <param name="Offset">Its offset in the file.</param>
/// <param name="Object">Device and inode: distinguishes objects that have the same name.</param>
/// <param name="Name">The dialect's name, or nothing.</param>
internal readonly record struct MappedArea(uint Start, uint End, string Rights, long Offset, string Object, string Name)
{
    /// <summary>True if the next area's row only continues this area's row, so that the two could be one area.</summary>
    internal bool Continues(in MappedArea next) =>
        End == next.Start && string.Equals(Rights, next.Rights, StringComparison.Ordinal)
        && string.Equals(Object, next.Object, StringComparison.Ordinal)
        && (Name.Length == 0 || Offset + (End - Start) == next.Offset);

    /// <summary>Writes the dialect's row.</summary>
    internal void AppendTo(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"{Start:x8}-{End:x8} {Rights} {Offset:x8}");
        if (Name.Length != 0) text.Append(' ').Append(Name);
    }

    /// <summary>Reads <c>20000000-20002000 rw-p 00000000 00:00 0   NAME</c>.</summary>
    internal static MappedArea Parse(ReadOnlySpan<char> row, MemoryFiles files)
    {
        int dash = row.IndexOf('-');
        uint start = uint.Parse(row[..dash], NumberStyles.HexNumber);
        row = row[(dash + 1)..];
        uint end = uint.Parse(Field(ref row), NumberStyles.HexNumber);
        string rights = Field(ref row).ToString();
        long offset = long.Parse(Field(ref row), NumberStyles.HexNumber);
        ReadOnlySpan<char> device = Field(ref row), inode = Field(ref row);
        return new MappedArea(start, end, rights, offset, $"{device} {inode}", files.NameOf(row.Trim(' ')));
    }

    private static ReadOnlySpan<char> Field(ref ReadOnlySpan<char> row)
    {
        int space = row.IndexOf(' ');
        ReadOnlySpan<char> field = space < 0 ? row : row[..space];
        row = space < 0 ? [] : row[(space + 1)..];
        return field;
    }
}
