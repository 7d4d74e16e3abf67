using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;

namespace Paging.Guest.Vfs.Tree;

/// <summary>One watch of a directory.</summary>
/// <param name="File">The open directory, whose owner is told.</param>
/// <param name="Owner">Whose descriptors it was set through: the watch goes when one of them is closed.</param>
internal sealed record DirectoryWatch(DirectoryFile File, DescriptorSet Owner)
{
    public Descriptor Descriptor { get; set; }

    public DirectoryEvents Events { get; set; }
}

/// <summary>
/// The watches of directories (F_NOTIFY): what guests do in them is told, what other processes of the host do is not. Linux:
/// fs/notify/dnotify/dnotify.c.
/// </summary>
/// <remarks>A file's directory is the one it was found in, under the name that it has now. Cost: O(watches), mostly none.</remarks>
internal sealed class DirectoryWatches(FileSignals signals, FileSwitches switches) : IFileWatcher
{
    private readonly List<DirectoryWatch> _watches = [];    // the newest first: so they are told

    /// <summary>There are none at all, which is nearly always so.</summary>
    public bool AreNone => _watches.Count == 0;

    public IReadOnlyList<DirectoryWatch> All => _watches;

    /// <summary>EINVAL: watches are switched off; ENOTDIR. Without events the watch goes. Linux: fcntl_dirnotify.</summary>
    public Errno Set(OpenDescription open, DescriptorSet owner, Descriptor descriptor, DirectoryEvents events)
    {
        if (switches.DirectoryNotifyEnabled == 0) return Errno.EINVAL;
        if ((events & ~DirectoryEvents.MultiShot) == 0)
        {
            ClosedBy(open, owner);
            return Errno.None;
        }

        bool isDirectory = open.Status(out FileStatus status) == Errno.None && status.IsDirectory;
        if (!isDirectory || open is not DirectoryFile directory) return Errno.ENOTDIR;
        if (_watches.Find(one => one.File == open && one.Owner == owner) is { } watch)
        {
            (watch.Descriptor, watch.Events) = (descriptor, watch.Events | events);
            return Errno.None;
        }

        Add(new(directory, owner) { Descriptor = descriptor, Events = events });
        return Errno.None;
    }

    /// <summary>One that was saved, after those that were set before it.</summary>
    public void Add(DirectoryWatch watch)
    {
        _watches.Insert(0, watch);
        watch.File.AddWatcher(this);
    }

    /// <summary>Something has happened to an open file.</summary>
    public void Tell(OpenDescription open, DirectoryEvents what)
    {
        if (!AreNone && open.Node is { } node) Tell(node, what);
    }

    /// <summary>Bytes went from one file to another.</summary>
    public void TellTransfer(OpenDescription from, OpenDescription to)
    {
        Tell(from, DirectoryEvents.Access);
        Tell(to, DirectoryEvents.Modify);
    }

    /// <summary>Something has happened to a file: its directory is told, and a directory itself as well. Linux: fsnotify_parent.</summary>
    public void Tell(TreeNode node, DirectoryEvents what)
    {
        if (AreNone) return;
        string path = node.Path;
        int slash = path.LastIndexOf('/');
        if (slash >= 0 && path.Length > 1) TellOf(slash == 0 ? "/" : path[..slash], what);
        TellOf(path, what);
    }

    /// <summary>A name in a directory has come, gone or changed.</summary>
    public void TellInside(TreeNode directory, DirectoryEvents what)
    {
        if (!AreNone) TellOf(directory.Path, what);
    }

    /// <summary>Tells of a call on a file that has succeeded; its error is passed on.</summary>
    public Errno TellUnless(Errno error, TreeNode node, DirectoryEvents what)
    {
        if (error == Errno.None) Tell(node, what);
        return error;
    }

    /// <summary>Tells of a call on a name in a directory that has succeeded; its error is passed on.</summary>
    public Errno TellInsideUnless(Errno error, TreeNode directory, DirectoryEvents what)
    {
        if (error == Errno.None) TellInside(directory, what);
        return error;
    }

    /// <summary>A name has become another one. Linux: fsnotify_move.</summary>
    public void TellMove(TreeNode from, TreeNode to)
    {
        if (AreNone) return;
        (string source, string target) = (from.Path, to.Path);
        if (string.Equals(source, target, StringComparison.Ordinal)) TellOf(source, DirectoryEvents.Rename);
        TellOf(source, DirectoryEvents.Delete);
        TellOf(target, DirectoryEvents.Create);
    }

    /// <inheritdoc/>
    public void ClosedBy(OpenDescription file, DescriptorSet owner) => Remove(watch => watch.File == file && watch.Owner == owner);

    /// <inheritdoc/>
    public void Forget(OpenDescription file) => Remove(watch => watch.File == file);

    private void TellOf(string path, DirectoryEvents what)
    {
        foreach (DirectoryWatch watch in _watches.ToArray())
        {
            if ((watch.Events & what) == 0 || !string.Equals(watch.File.Path, path, StringComparison.Ordinal)) continue;
            signals.TellMessage(watch.File, watch.Descriptor);
            if ((watch.Events & DirectoryEvents.MultiShot) == 0) Remove(one => one == watch);
        }
    }

    private void Remove(Predicate<DirectoryWatch> which)
    {
        foreach (DirectoryWatch watch in _watches.FindAll(which)) watch.File.RemoveWatcher(this);
        _watches.RemoveAll(which);
    }
}
