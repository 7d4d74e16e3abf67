using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tasks;

/// <summary>
/// Where paths begin and what new files are denied: of one process, or of several that share it (CLONE_FS). Linux: struct fs_struct.
/// </summary>
internal sealed class FileContext
{
    private int _holders = 1;
    private TreeNode? _workingDirectory, _root;

    /// <summary>Where relative paths begin; it is held. None: before the first program, and of a zombie.</summary>
    public TreeNode? WorkingDirectory
    {
        get => _workingDirectory;
        set => Exchange(ref _workingDirectory, value);
    }

    /// <summary>Where absolute paths begin, and where ".." ends; it is held. None: the machine's own (chroot).</summary>
    public TreeNode? Root
    {
        get => _root;
        set => Exchange(ref _root, value);
    }

    public FileModes FileMask { get; set; } = FileModes.DefaultMask;

    public bool IsShared => _holders > 1;

    public FileContext Hold()
    {
        _holders++;
        return this;
    }

    public FileContext Copy() => new() { WorkingDirectory = _workingDirectory, Root = _root, FileMask = FileMask };

    /// <summary>The last holder lets go of the directories.</summary>
    public void Release()
    {
        if (--_holders == 0) (WorkingDirectory, Root) = (null, null);
    }

    /// <summary>What a process of this root calls a path of the machine's. Linux: d_path, prepend_path.</summary>
    /// <param name="path">The path from the machine's root.</param>
    /// <param name="isBelow">False: it does not lie below the root.</param>
    public string ShownPath(string path, out bool isBelow)
    {
        string root = _root?.Path ?? "/";
        isBelow = root is "/" || string.Equals(path, root, StringComparison.Ordinal)
            || path.StartsWith(root + "/", StringComparison.Ordinal);
        if (!isBelow || root is "/") return path;
        return path.Length == root.Length ? "/" : path[root.Length..];
    }

    private static void Exchange(ref TreeNode? place, TreeNode? node)
    {
        TreeNode? old = place;
        place = node?.Hold();
        old?.Dispose();
    }
}
