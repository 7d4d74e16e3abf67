using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Sockets;

/// <summary>Makes sockets. Linux: unix_create1.</summary>
internal sealed class SocketMaker(GuestClock clock, WakeUps wakeUps, SocketNames names, InodeNumbers inodeNumbers, QueuedBytes queued)
{
    public UnixSocket Make(Credentials who, SocketType type, FileFlags flags) =>
        new(clock, wakeUps, names, queued, type, flags, inodeNumbers.Take()) { InodeOwner = (who.EffectiveUser, who.EffectiveGroup) };
}
