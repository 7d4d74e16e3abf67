using Paging.Guest.Machine;

namespace Paging.Guest.Sockets;

/// <summary>Makes sockets. Linux: unix_create1.</summary>
internal sealed class SocketMaker(GuestClock clock, Happenings happenings, SocketNames names, InodeNumbers inodeNumbers)
{
    public UnixSocket Make(SocketType type, int flags) => new(clock, happenings, names, type, flags, inodeNumbers.Take());
}
