using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>One walk along a path. Linux: fs/namei.c link_path_walk, step_into, handle_dots.</summary>
/// <remarks>
/// The walk holds one directory at a time and looks the next name up in it. Held directories cannot be exchanged by concurrent renames and
/// links; no result of a lookup is named again by its path.
/// </remarks>
internal struct PathWalk(FileTree tree, GuestTask? task, TreeNode start)
{
    private const int LinkMax = 40;    // MAXSYMLINKS

    private readonly Stack<string> _ahead = new();
    private readonly bool _checksRights = task is not null && !Permissions.AreOfHost(task);
    private TreeNode _at = start.Hold();
    private bool _endsInSlash;
    private int _links;

    /// <summary>Walks; the last name need not exist. ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG, EXDEV.</summary>
    public Errno Go(string path, LastLink last, out Place? place)
    {
        place = null;
        Errno error = path.Length == 0 ? Errno.ENOENT : Errno.None;    // POSIX: an empty path names nothing
        if (error == Errno.None) Push(path);
        while (error == Errno.None && place is null) error = _ahead.Count > 1 ? Step() : Finish(last, out place);
        if (place is null) _at.Dispose();
        return error;
    }

    /// <summary>Pushes the names of a path before the others; an absolute path begins at the root.</summary>
    private void Push(string path)
    {
        if (path[0] == '/') Move(tree.Root.Hold());    // also within a link
        _endsInSlash |= _ahead.Count == 0 && path[^1] == '/';    // only of the last name: its link's target counts too
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = names.Length - 1; i >= 0; i--) _ahead.Push(names[i]);
    }

    /// <summary>Steps over one name, or several at once, before the last.</summary>
    private Errno Step()
    {
        Errno error = CheckSearch();
        if (error != Errno.None || TryLeap()) return error;
        string name = _ahead.Pop();
        if (name is ".") return Errno.None;
        error = Find(name, out TreeNode? child);
        if (error != Errno.None) return error;
        error = child!.Status(out FileStatus status);
        if (error == Errno.None && status.IsSymbolicLink) return Follow(child, out child) is var refused and not Errno.None ? refused
            : Arrive(child);
        if (error == Errno.None) return Arrive(child);
        child.Dispose();
        return error;
    }

    /// <summary>Moves to a child, which must be a directory; null if a link's names were pushed.</summary>
    private Errno Arrive(TreeNode? child)
    {
        if (child is null) return Errno.None;
        Errno error = child.Status(out FileStatus status);
        if (error == Errno.None && !status.IsDirectory) error = Errno.ENOTDIR;
        if (error == Errno.None) Move(child);
        else child.Dispose();
        return error;
    }

    /// <summary>Handles the last name, if any.</summary>
    private Errno Finish(LastLink last, out Place? place)
    {
        place = null;
        Errno error = CheckSearch();
        if (error != Errno.None) return error;
        if (!_ahead.TryPop(out string? name))
        {
            place = new(_at, "", LastName.Root, _at.Hold(), endsInSlash: true);
            return Errno.None;
        }

        if (name is ".") return Found(_at.Hold(), name, LastName.Dot, out place);
        error = Find(name, out TreeNode? child);
        if (name is ".." && error == Errno.None) return Found(child, name, LastName.DotDot, out place);
        if (error == Errno.ENOENT && name is not "..") return Found(null, name, LastName.Normal, out place);
        if (error != Errno.None) return error;
        error = child!.Status(out FileStatus status);
        bool follows = last switch
        {
            LastLink.Follow => true,
            LastLink.FollowOrMake => !_endsInSlash,
            LastLink.Keep => _endsInSlash,
            _ => false,
        };
        if (error == Errno.None && status.IsSymbolicLink && follows)
        {
            error = Follow(child, out child);
            if (error != Errno.None || child is null) return error;    // a link's names were pushed
            error = child.Status(out status);
        }

        bool wantsDirectory = _endsInSlash && last is (LastLink.Keep or LastLink.Follow);
        if (error == Errno.None && wantsDirectory && !status.IsDirectory) error = Errno.ENOTDIR;
        if (error == Errno.None) return Found(child, name, LastName.Normal, out place);
        child.Dispose();
        return error;
    }

    private readonly Errno Found(TreeNode? node, string name, LastName kind, out Place? place)
    {
        place = new(_at, name, kind, node, _endsInSlash);
        return Errno.None;
    }

    /// <summary>Steps over several directories at once, if the host can refuse links itself.</summary>
    private bool TryLeap()
    {
        if (_checksRights || _at.MountPoint?.Find(_ahead.Peek()) is not null) return false;
        int count = 0;
        foreach (string name in _ahead)    // next name first
        {
            if (count == _ahead.Count - 1 || name is "." or "..") break;
            count++;
        }

        if (count < 2 || _at.FindBelow(string.Join('/', _ahead.Take(count)), out TreeNode? directory) != Errno.None) return false;
        for (int i = 0; i < count; i++) _ahead.Pop();
        Move(directory!);
        return true;
    }

    private readonly Errno Find(string name, out TreeNode? child) =>
        name is ".." ? tree.FindParent(_at, out child) : FileTree.Find(_at, name, out child);

    /// <summary>Follows a link: to the file itself for a magic link, otherwise pushes its names. Releases the link.</summary>
    private Errno Follow(TreeNode link, out TreeNode? target)
    {
        using TreeNode held = link;
        target = null;
        if (++_links > LinkMax) return Errno.ELOOP;    // of the whole walk, which may also circle
        target = link.Jump();
        if (target is not null) return Errno.None;
        Errno error = link.ReadLink(out string text);
        if (error != Errno.None) return error;
        if (text.Length == 0) return Errno.ENOENT;    // as an empty path
        Push(text);
        return Errno.None;
    }

    /// <summary>Checks the right to search for a user other than the host's. Linux: may_lookup.</summary>
    private readonly Errno CheckSearch()
    {
        Errno refused = _ahead.Count > 0 ? _at.CheckSearch() : Errno.None;
        if (refused != Errno.None || !_checksRights) return refused;
        Errno error = _at.Status(out FileStatus status);
        if (error == Errno.None && !status.IsDirectory) error = Errno.ENOTDIR;
        return error == Errno.None && _ahead.Count > 0 ? Permissions.Check(task!, status, AccessRights.Execute) : error;
    }

    private void Move(TreeNode to)
    {
        _at.Dispose();
        _at = to;
    }
}
