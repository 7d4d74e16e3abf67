using Paging.Core;

namespace Paging.Guest.Vfs;

/// <summary>A part of the guest's tree that comes from one source. Linux: struct super_block.</summary>
internal abstract class Mount(string prefix)
{
    /// <summary>Where in the guest's tree; "" for the root.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>The directory, or the file, that it begins with.</summary>
    public abstract TreeNode Root { get; }

    /// <summary>Its files are the host's, which knows who makes them.</summary>
    public virtual bool IsOfHost => false;

    /// <summary>What lies there may be executed, and mapped as code. False: as if mounted with noexec. Linux: SB_I_NOEXEC.</summary>
    public virtual bool HasPrograms => true;

    /// <summary>What it is made from, as /proc/PID/mounts has it.</summary>
    public abstract string Source { get; }

    /// <summary>The name of its file system.</summary>
    public abstract string Type { get; }

    /// <summary>
    /// Fifteen words of struct statfs on 64 bits: type, block size, blocks, free, available, files, free files, two of a number, name
    /// length …
    /// </summary>
    public abstract Errno FileSystem(TreeNode node, Span<long> words);
}
