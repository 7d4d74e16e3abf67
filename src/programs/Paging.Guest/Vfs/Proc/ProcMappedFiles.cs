using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs.Proc;

/// <summary>
/// /proc/PID/map_files: a link for each area that shows a file. Linux: fs/proc/base.c proc_map_files_readdir, map_files_get_link.
/// </summary>
internal static class ProcMappedFiles
{
    /// <summary>START-END in hexadecimal digits, without zeros in front.</summary>
    public static IEnumerable<string> NamesOf(AddressSpace space)
    {
        foreach (AreaSnapshot area in space.Areas.Snapshot())
        {
            if (area.ObjectId != 0) yield return NameOf(area);
        }
    }

    /// <summary>Returns the target of such a name's link; null if no area has exactly these ends.</summary>
    public static string? Find(AddressSpace space, string name)
    {
        foreach (AreaSnapshot area in space.Areas.Snapshot())
        {
            if (area.ObjectId != 0 && string.Equals(NameOf(area), name, StringComparison.Ordinal))
                return area.IsSharedAnonymous ? "/dev/zero (deleted)" : area.Name;
        }

        return null;
    }

    private static string NameOf(AreaSnapshot area) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{PageWords.ToBytes(area.Range.First.Value):x}-{PageWords.ToBytes(area.Range.End.Value):x}");
}
