using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tasks;

/// <summary>
/// Working directory, root and umask of one process, or of several that share them (CLONE_FS). Linux: struct fs_struct.
/// </summary>
internal sealed class FileContext
{
    private int _holders = 1;
    private TreeNode? _workingDirectory, _root;

    /// <summary>The start of relative paths, held. Null before the first program, and for a zombie.</summary>
    public TreeNode? WorkingDirectory
    {
        get => _workingDirectory;
        set => Exchange(ref _workingDirectory, value);
    }

    /// <summary>The start of absolute paths and end of "..", held. Null for the machine's own; set by chroot.</summary>
    public TreeNode? Root
    {
        get => _root;
        set => Exchange(ref _root, value);
    }

    public FileModes FileMask { get; set; } = FileModes.DefaultMask;    // as a login shell sets it; init has the same

    public bool IsShared => _holders > 1;

    public FileContext Hold()
    {
        _holders++;
        return this;
    }

    public FileContext Copy() => new() { WorkingDirectory = _workingDirectory, Root = _root, FileMask = FileMask };

    /// <summary>Releases the directories with the last holder.</summary>
    public void Release()
    {
        if (--_holders == 0) (WorkingDirectory, Root) = (null, null);
    }

    /// <summary>Converts a path of the machine to one for processes with this root. Linux: d_path, prepend_path.</summary>
    /// <param name="path">The path from the machine's root.</param>
    /// <param name="isBelow">False if it is not below the root.</param>
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
