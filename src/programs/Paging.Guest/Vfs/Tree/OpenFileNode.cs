using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs.Tree;

/// <summary>An open file in no tree (a pipe, a socket, a memory file), as the target of /proc/PID/fd/N.</summary>
internal sealed class OpenFileNode : TreeNode
{
    private readonly OpenDescription _open;

    private OpenFileNode(OpenDescription open, Mount mount)
    {
        (_open, Mount) = (open, mount);
        open.Hold();
    }

    public override Mount Mount { get; }

    public override string Path => _open.Path;

    /// <summary>Returns the file in the tree that a description is open on, or a node for the description, held.</summary>
    public static TreeNode Of(OpenDescription open, Mount mount) => open.Node?.Hold() ?? new OpenFileNode(open, mount);

    public override Errno Status(out FileStatus status) => _open.Status(out status);

    public override Errno Open(FileFlags flags, out OpenDescription? open) => _open.Reopen(flags, out open);

    public override Errno ChangeMode(FileModes mode) => _open.ChangeMode(mode);

    public override Errno ChangeOwner(uint user, uint group) => _open.ChangeOwner(user, group);

    public override Errno SetTimes(ReadOnlySpan<long> times) => _open.SetTimes(times);

    protected override void Close() => _open.Release();
}
