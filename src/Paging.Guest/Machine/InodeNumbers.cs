namespace Paging.Guest.Machine;

/// <summary>Numbers for inodes that have no file system of their own: pipes, sockets, memory files. Linux: get_next_ino.</summary>
internal sealed class InodeNumbers
{
    private ulong _next = 1000;

    public ulong Take() => _next++;
}
