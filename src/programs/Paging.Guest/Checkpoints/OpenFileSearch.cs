using Paging.Core;
using Paging.Guest.Events;
using Paging.Guest.Sockets;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Checkpoints;

/// <summary>Finds every open file of a machine: those in descriptor tables, and those reached through other files.</summary>
internal static class OpenFileSearch
{
    public static void Collect(TaskTable tasks, OpenFileNumbers found)
    {
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;
            foreach (Descriptor descriptor in process.Descriptors.Numbers) found.Add(process.Descriptors.FindRaw(descriptor)!);
        }

        foreach (GuestTask task in tasks.Tasks)
        {
            if (task.Call.Awaited is FifoOpening opening) found.Add(opening.End);
            foreach (HeldFile held in task.Call.HeldFiles) found.Add(held.File);
        }

        for (int i = 0; i < found.Count; i++)
            foreach (OpenDescription next in After(found.All[i])) found.Add(next);
    }

    private static IEnumerable<OpenDescription> After(OpenDescription file) => file switch
    {
        EpollFile epoll => epoll.Items.Select(static item => item.File),
        UnixSocket socket => AfterSocket(socket),
        _ => [],
    };

    private static IEnumerable<OpenDescription> AfterSocket(UnixSocket socket)
    {
        if (socket.Peer is { } peer) yield return peer;
        foreach (UnixSocket embryo in socket.Embryos) yield return embryo;
        foreach (SocketMessage message in socket.Received)
        {
            yield return message.Owner;
            foreach (OpenDescription sent in message.Files ?? []) yield return sent;
        }
    }
}
