using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tasks;

/// <summary>
/// Working directory and umask of one process, or of several that share them (CLONE_FS). Linux: struct fs_struct.
/// </summary>
internal sealed class FileContext
{
    private int _holders = 1;
    private TreeNode? _workingDirectory;

    /// <summary>The start of relative paths, held. Null before the first program, and for a zombie.</summary>
    public TreeNode? WorkingDirectory
    {
        get => _workingDirectory;
        set
        {
            TreeNode? old = _workingDirectory;
            _workingDirectory = value?.Hold();    // before the old one is released, which may be the same
            old?.Dispose();
        }
    }

    public FileModes FileMask { get; set; } = FileModes.DefaultMask;    // as a login shell sets it; init has the same

    public bool IsShared => _holders > 1;

    public FileContext Hold()
    {
        _holders++;
        return this;
    }

    public FileContext Copy() => new() { WorkingDirectory = _workingDirectory, FileMask = FileMask };

    /// <summary>Releases the directory with the last holder.</summary>
    public void Release()
    {
        if (--_holders == 0) WorkingDirectory = null;
    }
}
