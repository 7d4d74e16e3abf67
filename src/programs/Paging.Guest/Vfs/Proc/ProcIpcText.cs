using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Sockets;

namespace Paging.Guest.Vfs.Proc;

/// <summary>/proc/sysvipc/shm, and the limits of sockets. Linux: ipc/util.c sysvipc_proc_show, ipc/ipc_sysctl.c.</summary>
internal static class ProcIpcText
{
    public static readonly ImmutableArray<KeyValuePair<string, ImmutableArray<string>>> Folders =
    [
        new("sysvipc", ["shm"]),
        new("sys/net", ["core", "unix"]),
        new("sys/net/core", ["somaxconn", "wmem_default", "wmem_max"]),
        new("sys/net/unix", ["max_dgram_qlen"]),
    ];

    /// <summary>The text of such a file; null if there is no such file.</summary>
    public static Func<string>? Of(SystemVIpc all, string relative) => relative switch
    {
        "sysvipc/shm" => () => Segments(all),
        "sys/kernel/shm_rmid_forced" => static () => Line(0),
        "sys/net/core/somaxconn" => static () => Line(SocketConnections.BacklogMax),
        "sys/net/core/wmem_default" => static () => Line(SocketOptions.DefaultBuffer),
        "sys/net/core/wmem_max" => static () => Line(SocketOptions.BufferMax),
        "sys/net/unix/max_dgram_qlen" => static () => Line(UnixSocket.DefaultBacklog),
        _ => null,
    };

    private static string Line(int number) => string.Create(CultureInfo.InvariantCulture, $"{number}\n");

    private static string Rights(IpcObject one) => Convert.ToString((int)one.Mode, 8);

    private static string Segments(SystemVIpc all)
    {
        all.DropUnused();
        StringBuilder text =
            new("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      "
                + "ctime                   rss                  swap\n");
        foreach (SharedSegment one in all.Segments.All)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{one.Key,10} {one.Id,10}  {Rights(one),4} {one.ByteLength,21} {one.CreatorId,5} {one.LastId,5}  {one.AttachCount,5} "
                    + $"{one.User,5} {one.Group,5} {one.Creator,5} {one.CreatorGroup,5} ");
            text.Append(CultureInfo.InvariantCulture,
                $"{one.AttachedAt,10} {one.DetachedAt,10} {one.ChangedAt,10} {PageWords.ToBytes(one.ResidentCount),21} "
                    + $"{PageWords.ToBytes(one.SwappedCount),21}\n");
        }

        return text.ToString();
    }
}
