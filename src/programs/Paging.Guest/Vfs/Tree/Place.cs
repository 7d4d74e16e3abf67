using Paging.Core;

namespace Paging.Guest.Vfs.Tree;

/// <summary>How the last name of a path reads. Linux: LAST_NORM and its kin.</summary>
internal enum LastName
{
    /// <summary>A name.</summary>
    Normal,

    /// <summary>There is none: the path is "/".</summary>
    Root,

    /// <summary>".".</summary>
    Dot,

    /// <summary>"..".</summary>
    DotDot,
}

/// <summary>Where a path leads: a directory and a last name in it, and what is there. Both are held. Linux: struct nameidata.</summary>
internal sealed class Place(TreeNode directory, string name, LastName kind, TreeNode? node, bool endsInSlash) : IDisposable
{
    /// <summary>The directory that the last name stands in. Where the name is none, or leads to a file itself, what was found.</summary>
    public TreeNode Directory { get; } = directory;

    /// <summary>The last name; "" where there is none.</summary>
    public string Name { get; } = name;

    public LastName Kind { get; } = kind;

    /// <summary>What is there; null: nothing yet.</summary>
    public TreeNode? Node { get; } = node;

    /// <summary>The path ends in a slash: it means a directory.</summary>
    public bool EndsInSlash { get; } = endsInSlash;

    /// <summary>Whether a new name can be made here. EEXIST: it is there; ENOENT: a path of a directory that is not.</summary>
    /// <remarks>Linux: filename_create.</remarks>
    public Errno JudgeNew(bool isDirectory = false)
    {
        if (Node is not null || Kind != LastName.Normal) return Errno.EEXIST;
        return EndsInSlash && !isDirectory ? Errno.ENOENT : Errno.None;
    }

    public void Dispose()
    {
        Directory.Dispose();
        Node?.Dispose();
    }
}
