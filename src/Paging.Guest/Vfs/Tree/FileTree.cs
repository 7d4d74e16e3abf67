using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>The guest's tree of files: a directory of the host as its root, with /proc and /dev mounted on it.</summary>
/// <remarks>
/// Paths are walked here, a name at a time, with "..", links and absolute paths all meant inside the tree; what the host is asked for has
/// no
/// links and no dots in it any more. So nothing outside can be named. Linux: fs/namei.c link_path_walk.
/// </remarks>
internal sealed class FileTree
{
    private const int LinkMax = 40, NameByteLengthMax = 255;

    private readonly List<Mount> _mounts = [];

    public IReadOnlyList<Mount> Mounts => _mounts;

    /// <summary>Adds a mount; a longer prefix hides what a shorter one has there.</summary>
    public void Add(Mount mount)
    {
        _mounts.Add(mount);
        _mounts.Sort(static (left, right) => right.Prefix.Length - left.Prefix.Length);
    }

    /// <summary>Walks a path. The last name need not exist, unless something comes behind it.</summary>
    /// <param name="task">Who asks.</param>
    /// <param name="start">The directory that a relative path begins in.</param>
    /// <param name="path">The path as the program has it.</param>
    /// <param name="follow">A link as the last name is followed.</param>
    /// <param name="place">Where it leads.</param>
    /// <returns>ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG.</returns>
    public Errno Resolve(GuestTask task, string start, string path, bool follow, out Place place)
    {
        place = default;
        if (path.Length == 0) return Errno.ENOENT;
        List<string> done = path[0] == '/' ? [] : Split(start);
        Stack<string> ahead = new();
        Push(ahead, path);
        bool endsInSlash = path.EndsWith('/');
        int links = 0;
        while (ahead.TryPop(out string? name))
        {
            if (System.Text.Encoding.UTF8.GetByteCount(name) > NameByteLengthMax) return Errno.ENAMETOOLONG;
            if (string.Equals(name, ".", StringComparison.Ordinal)) continue;
            if (string.Equals(name, "..", StringComparison.Ordinal))
            {
                if (done.Count > 0) done.RemoveAt(done.Count - 1);
                continue;
            }

            done.Add(name);
            Place at = Locate(done);
            bool isLast = ahead.Count == 0 && !endsInSlash;
            Errno error = at.Mount.Status(task, at.Relative, out FileStatus status);
            if (error == Errno.ENOENT && LeadsToMount(at.Path)) continue;
            if (error != Errno.None)
            {
                if (error == Errno.ENOENT && ahead.Count == 0) break;
                return error;
            }

            if (status.IsSymbolicLink && (!isLast || follow) && !(isLast && at.Mount.IsMagicLink(at.Relative)))
            {
                if (++links > LinkMax) return Errno.ELOOP;
                error = Follow(task, at, done, ahead, ref endsInSlash);
                if (error != Errno.None) return error;
                continue;
            }

            if (!isLast && !status.IsDirectory) return Errno.ENOTDIR;
        }

        place = Locate(done);
        return Errno.None;
    }

    /// <summary>A directory that is there only because something is mounted below it.</summary>
    private bool LeadsToMount(string path) =>
        _mounts.Exists(mount => mount.Prefix.Length > path.Length && mount.Prefix.StartsWith(path + "/", StringComparison.Ordinal));

    /// <summary>The names that mounts add to a directory.</summary>
    public IEnumerable<string> MountsIn(string path)
    {
        string prefix = path.Length == 1 ? "/" : path + "/";
        foreach (Mount mount in _mounts)
        {
            if (mount.Prefix.StartsWith(prefix, StringComparison.Ordinal) && !mount.Prefix[prefix.Length..].Contains('/'))
                yield return mount.Prefix[prefix.Length..];
        }
    }

    /// <summary>What a link says takes the place of its name. ENOENT: it says nothing.</summary>
    private static Errno Follow(GuestTask task, in Place link, List<string> done, Stack<string> ahead, ref bool endsInSlash)
    {
        Errno error = link.Mount.ReadLink(task, link.Relative, out string target);
        if (error != Errno.None) return error;
        if (target.Length == 0) return Errno.ENOENT;
        done.RemoveAt(done.Count - 1);
        if (target[0] == '/') done.Clear();
        endsInSlash |= ahead.Count == 0 && target.EndsWith('/');
        Push(ahead, target);
        return Errno.None;
    }

    private Place Locate(List<string> names)
    {
        string path = "/" + string.Join('/', names);
        foreach (Mount mount in _mounts)
        {
            if (mount.Prefix.Length == 0) return new(mount, path[1..], path);
            if (!path.StartsWith(mount.Prefix, StringComparison.Ordinal)) continue;
            if (path.Length == mount.Prefix.Length) return new(mount, "", path);
            if (path[mount.Prefix.Length] == '/') return new(mount, path[(mount.Prefix.Length + 1)..], path);
        }

        throw new InvalidOperationException("There is no root.");
    }

    private static List<string> Split(string path) => [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries)];

    private static void Push(Stack<string> ahead, string path)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = names.Length - 1; i >= 0; i--) ahead.Push(names[i]);
    }
}
