using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Sockets;

/// <summary>
/// The names of sockets: abstract ones by name and type, those in the tree of files by inode. Linux: unix_find_abstract,
/// unix_find_bsd, unix_bind.
/// </summary>
internal sealed class SocketNames(FileTree tree)
{
    private readonly Dictionary<(string Name, SocketType Type), UnixSocket> _abstract = [];
    private readonly Dictionary<(ulong Device, ulong Inode), UnixSocket> _inTree = [];
    private readonly PathReader _paths = new(tree);
    private uint _nextAutomatic = 1;

    /// <summary>
    /// Finds the socket of an address. ECONNREFUSED if there is none; EPROTOTYPE for a socket of another type; or an error of the path's
    /// walk.
    /// </summary>
    public Errno Find(GuestTask task, SocketAddress address, SocketType type, out UnixSocket? found)
    {
        found = null;
        if (address.IsAbstract) return _abstract.TryGetValue((address.Key, type), out found) ? Errno.None : Errno.ECONNREFUSED;
        Errno error = _paths.Find(task, Descriptor.WorkingDirectory, address.Path, LastLink.Follow, out Place? place);
        if (error != Errno.None) return error;
        FileStatus status;
        using (place)
        {
            if (place!.Node is not { } node) return Errno.ENOENT;
            error = node.Status(out status);
            if (error == Errno.None) error = Permissions.Check(task, status, AccessRights.Write);
            if (error == Errno.None) error = node.Access(AccessRights.Write);
            if (error != Errno.None) return error;
        }

        if (!status.IsSocket) return Errno.ECONNREFUSED;    // a later file may have the inode of a socket that was unlinked
        if (!_inTree.TryGetValue((status.Device, status.Inode), out found)) return Errno.ECONNREFUSED;    // its socket has closed
        return found!.Type == type ? Errno.None : Errno.EPROTOTYPE;
    }

    /// <summary>Binds a socket to a name. EADDRINUSE if taken; EINVAL if it has one.</summary>
    public Errno Bind(GuestTask task, UnixSocket socket, SocketAddress address) => address.IsAbstract ? BindAbstract(socket, address)
        : BindInTree(task, socket, address);

    /// <summary>Binds a socket to a free name of five digits. Linux: unix_autobind.</summary>
    public void BindAutomatically(UnixSocket socket)
    {
        if (socket.Address is not null) return;
        SocketAddress address;
        do
        {
            // Five hexadecimal digits (unix(7), "Autobind feature")
            address = SocketAddress.Abstract(string.Create(CultureInfo.InvariantCulture, $"{_nextAutomatic++ & 0xF_FFFF:x5}"));
        }
        while (_abstract.ContainsKey((address.Key, socket.Type)));
        BindAbstract(socket, address);
    }

    /// <summary>Removes a closed socket. Its path may stay in the tree.</summary>
    public void Forget(UnixSocket socket)
    {
        if (socket.Address is { IsAbstract: true } address && _abstract.GetValueOrDefault((address.Key, socket.Type)) == socket)
            _abstract.Remove((address.Key, socket.Type));
        if (socket.TreeKey is { } key && _inTree.GetValueOrDefault(key) == socket) _inTree.Remove(key);
    }

    /// <summary>The number of the next automatic name.</summary>
    public uint NextAutomatic
    {
        get => _nextAutomatic;
        set => _nextAutomatic = value;
    }

    /// <summary>Restores a socket's name. Returns false if another socket has it.</summary>
    public bool TryRestore(UnixSocket socket, SocketAddress address, (ulong Device, ulong Inode)? key)
    {
        (socket.Address, socket.TreeKey) = (address, key);
        if (address.IsAbstract) return _abstract.TryAdd((address.Key, socket.Type), socket);
        return key is not { } there || _inTree.TryAdd(there, socket);
    }

    /// <summary>Returns true if its name leads to it: an accepted socket has the name of its listener but is not found by it.</summary>
    public bool IsFound(UnixSocket socket) => socket.Address is { } address && (address.IsAbstract
        ? _abstract.GetValueOrDefault((address.Key, socket.Type)) == socket
        : socket.TreeKey is { } key && _inTree.GetValueOrDefault(key) == socket);

    private Errno BindAbstract(UnixSocket socket, SocketAddress address)
    {
        if (socket.Address is not null) return Errno.EINVAL;
        if (!_abstract.TryAdd((address.Key, socket.Type), socket)) return Errno.EADDRINUSE;    // each type has its own names
        socket.Address = address;
        return Errno.None;
    }

    private Errno BindInTree(GuestTask task, UnixSocket socket, SocketAddress address)
    {
        Errno error = _paths.Find(task, Descriptor.WorkingDirectory, address.Path, LastLink.Keep, out Place? place);
        if (error != Errno.None) return error;
        FileStatus status;
        string path;
        using (place)
        {
            if (place!.CheckNewName() != Errno.None) return Errno.EADDRINUSE;    // not EEXIST (unix_bind_bsd)
            if (socket.Address is not null) return Errno.EINVAL;
            FileModes mode = socket.InodeMode & ~task.Process.FileMask;    // may be set by fchmod(2). Linux: unix_bind_bsd
            error = Permissions.CheckDirectory(task, place.Directory);
            if (error == Errno.None) error = place.Directory.MakeNode(place.Name, mode, 0);
            if (error != Errno.None) return error;
            error = place.Directory.Find(place.Name, out TreeNode? made);
            if (error != Errno.None) return error;
            using (made)
            {
                Permissions.GiveTo(task, place.Directory, made!);
                path = made!.Path;
                error = made.Status(out status);
                if (error != Errno.None) return error;
            }
        }

        socket.Address = address;
        (socket.TreeKey, socket.TreePath) = ((status.Device, status.Inode), path);
        _inTree[(status.Device, status.Inode)] = socket;
        return Errno.None;
    }
}
