using System.Globalization;
using Paging.HostKernel.Files;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Inspection;

/// <summary>The rows of <c>/proc/PID/maps</c>.</summary>
internal static class MappedArea
{
    /// <summary>Reads <c>20000000-20002000 rw-p 00000000 00:00 0   NAME</c>.</summary>
    internal static MapsRow Parse(ReadOnlySpan<char> row, MemoryFiles files)
    {
        int dash = row.IndexOf('-');
        uint start = uint.Parse(row[..dash], NumberStyles.HexNumber);
        row = row[(dash + 1)..];
        uint end = uint.Parse(Field(ref row), NumberStyles.HexNumber);
        string rights = Field(ref row).ToString();
        ulong offset = ulong.Parse(Field(ref row), NumberStyles.HexNumber);
        ReadOnlySpan<char> device = Field(ref row), inode = Field(ref row);
        string name = files.NameOf(row.Trim(' '));
        return new(start, end, rights, offset, name, $"{device} {inode}", HasOffset: name.Length != 0);
    }

    private static ReadOnlySpan<char> Field(ref ReadOnlySpan<char> row)
    {
        int space = row.IndexOf(' ');
        ReadOnlySpan<char> field = space < 0 ? row : row[..space];
        row = space < 0 ? [] : row[(space + 1)..];
        return field;
    }
}
