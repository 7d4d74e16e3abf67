using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Events;

/// <summary>Tells all inotify files what system calls do to files. Linux: include/linux/fsnotify.h, fs/notify/fsnotify.c.</summary>
/// <remarks>
/// A watched file is known by its device and inode, so that all of its names are watched. Without an inotify file nothing is looked up.
/// What the host does to files is not told.
/// </remarks>
internal sealed class FileNotices(FileTree tree, TaskTable tasks, QueuedBytes queued) : IFileWatcher
{
    /// <summary>How many inotify files there can be, and how many watches all of them have (/proc/sys/fs/inotify).</summary>
    public const int FileCountMax = 128, WatchCountMax = 65536;

    private readonly List<InotifyFile> _files = [];
    private uint _lastCookie;

    private bool IsQuiet => _files.Count == 0;

    /// <summary>What happened and was not read yet counts as memory of the machine.</summary>
    public QueuedBytes Queued => queued;

    public bool IsFull => _files.Count >= FileCountMax;

    public bool HasRoomForWatch => _files.Sum(static file => file.WatchCount) < WatchCountMax;

    public void Add(InotifyFile file) => _files.Add(file);

    public void Remove(InotifyFile file) => _files.Remove(file);

    /// <summary>Numbers the two halves of a rename.</summary>
    public uint TakeCookie() => ++_lastCookie;

    public void Tell(OpenDescription open, FileNotice what)
    {
        if (!IsQuiet && !open.IsPathOnly && open.Node is { } node) Tell(node, what);
    }

    /// <summary>Something happens to a file: who watches its directory is told first, then who watches itself.</summary>
    public void Tell(TreeNode node, FileNotice what)
    {
        if (IsQuiet || node.Status(out FileStatus status) != Errno.None) return;
        if (status.IsDirectory) what |= FileNotice.IsDirectory;
        string path = node.Path;
        bool isUnlinked = DeletedMark.IsOn(path) && status.Links == 0;
        if (isUnlinked) path = DeletedMark.Without(path);
        string name = path[(path.LastIndexOf('/') + 1)..];
        bool hasParent = TryStatus(path[..Math.Max(path.LastIndexOf('/'), 0)], out FileStatus parent) && name.Length != 0;
        foreach (InotifyFile file in _files)
        {
            if (hasParent) file.Tell(parent, what, 0, name, isUnlinked);
            file.Tell(status, what, 0, "", isUnlinked: false);
        }
    }

    /// <summary>A name comes or goes: for who watches its directory.</summary>
    public void TellName(TreeNode directory, string name, bool isDirectory, FileNotice what, uint cookie = 0)
    {
        if (IsQuiet || directory.Status(out FileStatus status) != Errno.None) return;
        if (isDirectory) what |= FileNotice.IsDirectory;
        foreach (InotifyFile file in _files) file.Tell(status, what, cookie, name, isUnlinked: false);
    }

    /// <summary>For who watches the file itself.</summary>
    public void TellSelf(TreeNode? node, FileNotice what)
    {
        if (IsQuiet || node is null || node.Status(out FileStatus status) != Errno.None) return;
        if (status.IsDirectory && what != FileNotice.MoveSelf) what |= FileNotice.IsDirectory;
        foreach (InotifyFile file in _files) file.Tell(status, what, 0, "", isUnlinked: false);
    }

    /// <summary>
    /// A file has lost a name. If it was the last one, and nobody has opened the file by that name, the file is no more for who watches it.
    /// Linux: d_delete, fsnotify_inoderemove.
    /// </summary>
    /// <param name="node">The file, still held.</param>
    public void LostName(TreeNode node)
    {
        if (IsQuiet || node.Status(out FileStatus status) != Errno.None) return;
        bool isGone = status.Links == 0 || (status.IsDirectory && DeletedMark.IsOn(node.Path));
        if (!isGone || IsOpen(status, DeletedMark.Without(node.Path))) return;
        foreach (InotifyFile file in _files)
        {
            file.Tell(status, FileNotice.DeleteSelf, 0, "", isUnlinked: false);
            file.Forget(status);
        }
    }

    /// <summary>A file closes.</summary>
    public void Forget(OpenDescription open)
    {
        if (IsQuiet || open.IsPathOnly || open.Node is not { } node) return;
        Tell(node, open.CanWrite ? FileNotice.CloseWritten : FileNotice.CloseUnwritten);
        LostName(node);
    }

    private bool TryStatus(string path, out FileStatus status)
    {
        status = default!;
        if (tree.Walk(null, tree.Root, path.Length == 0 ? "/" : path, LastLink.Keep, out Place? place) != Errno.None) return false;
        using (place) return (place!.Node ?? place.Directory).Status(out status) == Errno.None;
    }

    private bool IsOpen(FileStatus file, string name)
    {
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;
            foreach (Descriptor descriptor in process.Descriptors.Numbers)
            {
                if (process.Descriptors.FindRaw(descriptor)?.Node is { } node && node.Status(out FileStatus status) == Errno.None
                    && (status.Device, status.Inode) == (file.Device, file.Inode)
                    && string.Equals(DeletedMark.Without(node.Path), name, StringComparison.Ordinal)) return true;
            }
        }

        return false;
    }
}
