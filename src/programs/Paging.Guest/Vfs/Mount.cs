using Paging.Core;

namespace Paging.Guest.Vfs;

/// <summary>A file system in the guest's tree. Linux: struct super_block.</summary>
internal abstract class Mount(string prefix)
{
    /// <summary>The path of the mount in the guest's tree; "" for the root.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>The root directory or file of the mount.</summary>
    public abstract TreeNode Root { get; }

    /// <summary>True if its files are the host's, which sets their owners.</summary>
    public virtual bool IsOfHost => false;

    /// <summary>True if its files may be executed, and mapped as code; false as if mounted with noexec. Linux: SB_I_NOEXEC.</summary>
    public virtual bool HasPrograms => true;

    /// <summary>The largest position in its files. Linux: s_maxbytes.</summary>
    public virtual long PositionMax => long.MaxValue;

    /// <summary>The source of the mount in /proc/PID/mounts.</summary>
    public abstract string Source { get; }

    /// <summary>The name of its file system.</summary>
    public abstract string Type { get; }

    /// <summary>
    /// Fifteen words of struct statfs on 64 bits: type, block size, blocks, free, available, files, free files, two of a number, name
    /// length …
    /// </summary>
    public abstract Errno FileSystem(TreeNode node, Span<long> words);
}
