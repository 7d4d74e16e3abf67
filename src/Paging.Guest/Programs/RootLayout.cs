using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Vfs.Devices;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Proc;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Programs;

/// <summary>
/// What the guest's tree is made of: the root the user gave, /proc, /dev, /dev/shm, and a /tmp and an /etc where the root has none.
/// </summary>
internal sealed class RootLayout : IDisposable
{
    private const FileModes ForEverybody = FileModes.StickyEverything;
    private const FileModes ForReaders = FileModes.Program;

    private readonly FileTree _tree;
    private readonly HostMounts _mounts;
    private readonly HostMount _root;
    private readonly List<string> _temporary = [];

    private static (string Name, string Text)[] Accounts { get; } =
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

    private RootLayout(FileTree tree, HostMounts mounts, HostMount root)
    {
        (_tree, _mounts, _root) = (tree, mounts, root);
        WorkingDirectory = "/";
    }

    /// <summary>Where the first program starts.</summary>
    public string WorkingDirectory { get; private set; }

    /// <exception cref="DirectoryNotFoundException">The root is no directory.</exception>
    public static RootLayout Build(FileTree tree, HostMounts mounts, DeviceMount devices, ProcMount proc, GuestKernelOptions options)
    {
        string directory = Resolved(options.Root);
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException(options.Root);
        HostMount root = mounts.Make("", directory);
        RootLayout layout = new(tree, mounts, root);
        tree.Add(root);
        tree.Add(devices);
        tree.Add(proc);
        layout.AddTemporary("/dev/shm", ForEverybody);
        if (!Directory.Exists(root.PathOf("tmp"))) layout.AddTemporary("/tmp", ForEverybody);
        if (!Directory.Exists(root.PathOf("etc"))) layout.AddAccounts();
        layout.WorkingDirectory = options.WorkingDirectory ?? layout.Inside(Resolved(Environment.CurrentDirectory)) ?? "/";
        return layout;
    }

    /// <summary>The guest's path of a host's path below the root; null: it lies elsewhere.</summary>
    public string? Inside(string hostPath)
    {
        string directory = _root.Directory;
        if (string.Equals(hostPath, directory, StringComparison.Ordinal)) return "/";
        string start = directory.EndsWith('/') ? directory : directory + "/";
        return hostPath.StartsWith(start, StringComparison.Ordinal) ? "/" + hostPath[start.Length..] : null;
    }

    /// <summary>A path that means something in the tree stays; one of the host's below the root is told from there.</summary>
    public string ToGuest(string path)
    {
        if (!path.StartsWith('/') || HostCalls.Status(_root.PathOf(path.Trim('/')), follow: true, out _) == Errno.None) return path;
        return Inside(Resolved(path)) ?? path;
    }

    /// <summary>
    /// The guest's path of the first program. One that is not in the tree but on the host is shown there at its own path, alone and
    /// read-only.
    /// </summary>
    public string Bring(string path)
    {
        string from = path.StartsWith('/') ? path : $"{WorkingDirectory.TrimEnd('/')}/{path}";
        if (!path.StartsWith('/') || HostCalls.Status(_root.PathOf(path.Trim('/')), follow: false, out _) != Errno.None)
        {
            string host = Resolved(path);
            if (HostCalls.Status(host, follow: true, out _) != Errno.None) return from;
            if (Inside(host) is { } inside) return inside;
            _tree.Add(_mounts.MakeSingle(host));
            return host;
        }

        return path;
    }

    public void Dispose()
    {
        foreach (string directory in _temporary)
        {
            try
            {
                Directory.Delete(directory, recursive: true);
            }
            catch (IOException exception)
            {
                Console.Error.WriteLine($"paging: {directory}: {exception.Message}");
            }
        }
    }

    /// <summary>A directory of this run's own, gone with it.</summary>
    private string AddTemporary(string prefix, FileModes mode)
    {
        string directory = Directory.CreateTempSubdirectory("paging-run-").FullName;
        HostCalls.ChangeMode(directory, mode);
        _temporary.Add(directory);
        _tree.Add(_mounts.Make(prefix, directory));
        return directory;
    }

    /// <summary>An /etc that knows the users every system has, for programs that look for another one to become.</summary>
    private void AddAccounts()
    {
        string directory = AddTemporary("/etc", ForReaders);
        foreach ((string name, string text) in Accounts)
        {
            string path = Path.Combine(directory, name);
            File.WriteAllText(path, text);
            HostCalls.ChangeMode(path, FileModes.Text);
        }
    }

    /// <summary>A path of the host without links, as the kernel would name it.</summary>
    private static string Resolved(string path)
    {
        string full = Path.GetFullPath(path);
        string done = "/";
        foreach (string name in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            done = Path.Combine(done, name);
            FileSystemInfo info = new DirectoryInfo(done);
            if (info.LinkTarget is not null) done = info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? done;
        }

        return done;
    }
}
