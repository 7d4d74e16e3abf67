using System.Globalization;
using System.Text;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;

namespace Paging.Guest.Vfs.Proc;

/// <summary>/proc/sysvipc/shm. Linux: ipc/util.c sysvipc_proc_show.</summary>
internal static class ProcIpcText
{
    public static string Segments(SharedSegments all)
    {
        all.DropUnused();
        StringBuilder text =
            new("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      "
                + "ctime                   rss                  swap\n");
        foreach (SharedSegment one in all.All)
        {
            string rights = Convert.ToString((int)one.Mode, 8);
            text.Append(CultureInfo.InvariantCulture,
                $"{one.Key,10} {one.Id,10}  {rights,4} {one.ByteLength,21} {one.CreatorId,5} {one.LastId,5}  {one.AttachCount,5} "
                    + $"{one.User,5} {one.Group,5} {one.Creator,5} {one.CreatorGroup,5} ");
            text.Append(CultureInfo.InvariantCulture,
                $"{one.AttachedAt,10} {one.DetachedAt,10} {one.ChangedAt,10} {PageWords.ToBytes(one.ResidentCount),21} "
                    + $"{PageWords.ToBytes(one.SwappedCount),21}\n");
        }

        return text.ToString();
    }
}
