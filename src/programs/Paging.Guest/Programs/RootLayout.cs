using System.Collections.Immutable;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Memory;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Programs;

/// <summary>
/// The mounts of the guest's tree: the user's root, /proc, /sys, /dev, /dev/shm, and a /tmp and an /etc if the root has none.
/// </summary>
internal sealed class RootLayout
{
    private const FileModes ForEverybody = FileModes.StickyEverything;
    private const FileModes ForReaders = FileModes.Program;

    private readonly FileTree _tree;
    private readonly HostMounts _mounts;
    private readonly InMemoryFiles _memory;
    private readonly string _directory;
    private readonly bool _mayUseHost;

    private static ImmutableArray<(string Name, string Text)> Accounts { get; } =
    [
        ("passwd", """
            root:x:0:0:root:/root:/bin/sh
            daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
            bin:x:2:2:bin:/bin:/usr/sbin/nologin
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

            """),
        ("group", """
            root:x:0:
            daemon:x:1:
            bin:x:2:
            nogroup:x:65534:

            """),
    ];

    private RootLayout(FileTree tree, HostMounts mounts, InMemoryFiles memory, string directory, bool mayUseHost)
    {
        (_tree, _mounts, _memory, _directory, _mayUseHost) = (tree, mounts, memory, directory, mayUseHost);
        WorkingDirectory = "/";
    }

    /// <summary>The working directory of the first program.</summary>
    public string WorkingDirectory { get; private set; }

    /// <summary>The host's program that appears at its own path, or null.</summary>
    public string? Brought { get; private set; }

    /// <exception cref="DirectoryNotFoundException">The root, or the working directory in it, is not a directory.</exception>
    public static RootLayout Build(FileTree tree, HostMounts mounts, InMemoryFiles memory, SyntheticMount[] own,
        GuestKernelOptions options)
    {
        string directory = ByteText.FromHost(Resolved(options.Root));
        Errno error = mounts.Make("", directory, isFile: false, out HostMount? root);
        if (error != Errno.None) throw new DirectoryNotFoundException($"{options.Root}: {error}");
        RootLayout layout = new(tree, mounts, memory, directory, options.MayUseHostProgram);
        tree.Add(root!);
        foreach (SyntheticMount mount in own) tree.Add(mount);
        layout.AddInMemory("/dev/shm", ForEverybody);
        if (!layout.IsDirectory("/tmp")) layout.AddInMemory("/tmp", ForEverybody);    // a root's own is kept
        if (!layout.IsDirectory("/etc")) layout.AddAccounts();
        string? wanted = options.WorkingDirectory is { } given ? ByteText.FromHost(given)
            : layout.Inside(ByteText.FromHost(Resolved(Environment.CurrentDirectory)));
        layout.WorkingDirectory = wanted ?? "/";
        if (!layout.IsDirectory(layout.WorkingDirectory))
            throw new DirectoryNotFoundException($"{options.WorkingDirectory}: no such directory below the root");
        return layout;
    }

    /// <summary>Returns the guest's path of a host path below the root; null for other paths.</summary>
    public string? Inside(string hostPath)
    {
        if (string.Equals(hostPath, _directory, StringComparison.Ordinal)) return "/";
        string start = _directory.EndsWith('/') ? _directory : _directory + "/";
        return hostPath.StartsWith(start, StringComparison.Ordinal) ? "/" + hostPath[start.Length..] : null;
    }

    /// <summary>Converts a host path below the root to the guest's path; paths that exist in the tree are unchanged.</summary>
    public string ToGuest(string path)
    {
        string shown = ByteText.FromHost(path);
        if (!path.StartsWith('/') || Exists(shown, out _)) return path;
        return Inside(ByteText.FromHost(Resolved(path))) is { } inside ? ByteText.ToHost(inside) : path;
    }

    /// <summary>
    /// Returns the guest's path of the first program. If the options allow it, a program outside the tree appears at its host path, alone
    /// and read-only.
    /// </summary>
    public string Bring(string path)
    {
        if (!_mayUseHost || path.Length == 0 || Exists(path, out _)) return path;    // an empty name names no file (getname_flags: ENOENT)
        string host = ByteText.FromHost(Resolved(ByteText.ToHost(path)));
        if (Inside(host) is { } inside) return inside;
        if (_mounts.Make(host, host, isFile: true, out HostMount? program) != Errno.None) return path;
        _tree.Add(program!);
        Brought = host;
        return host;
    }

    private bool Exists(string path, out FileStatus status)
    {
        status = default;
        if (_tree.Walk(null, _tree.Root, WorkingDirectory, LastLink.Follow, out Place? start) != Errno.None) return false;
        using (start)
        {
            if (start!.Node is not { } directory || _tree.Walk(null, directory, path, LastLink.Follow, out Place? place) != Errno.None)
                return false;
            using (place) return place!.Node is { } node && node.Status(out status) == Errno.None;
        }
    }

    private bool IsDirectory(string path) => Exists(path, out FileStatus status) && status.IsDirectory;

    /// <summary>Adds a directory in the engine's memory.</summary>
    private MemoryMount AddInMemory(string prefix, FileModes mode)
    {
        MemoryMount mount = new(_memory, prefix, mode);
        _tree.Add(mount);
        return mount;
    }

    /// <summary>Adds an /etc with the standard users, for programs that change users.</summary>
    private void AddAccounts()
    {
        MemoryMount accounts = AddInMemory("/etc", ForReaders);
        foreach ((string name, string text) in Accounts) accounts.AddFile(name, text);
    }

    /// <summary>Returns a path of the host with links resolved, except for links that lead in a circle.</summary>
    private static string Resolved(string path)
    {
        string full = Path.GetFullPath(path);
        string done = "/";
        foreach (string name in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            done = Path.Combine(done, name);
            done = TargetOf(new DirectoryInfo(done)) ?? done;
        }

        return done;
    }

    private static string? TargetOf(DirectoryInfo place)
    {
        try
        {
            return place.LinkTarget is null ? null : place.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        }
        catch (IOException)
        {
            return null;    // a circle: opening the path reports ELOOP
        }
    }
}
