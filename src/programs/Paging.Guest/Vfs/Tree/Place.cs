using Paging.Core;

namespace Paging.Guest.Vfs.Tree;

/// <summary>The kind of the last name of a path. Linux: LAST_NORM and its kin.</summary>
internal enum LastName
{
    /// <summary>A name.</summary>
    Normal,

    /// <summary>No name: the path is "/".</summary>
    Root,

    /// <summary>".".</summary>
    Dot,

    /// <summary>"..".</summary>
    DotDot,
}

/// <summary>The result of a walk: a directory, the last name in it, and the file there. Both are held. Linux: struct nameidata.</summary>
internal sealed class Place(TreeNode directory, string name, LastName kind, TreeNode? node, bool endsInSlash) : IDisposable
{
    /// <summary>The directory of the last name. Without a name, and for a magic link, the file that was found.</summary>
    public TreeNode Directory { get; } = directory;

    /// <summary>The last name; "" if there is none.</summary>
    public string Name { get; } = name;

    public LastName Kind { get; } = kind;

    /// <summary>The file there, or null.</summary>
    public TreeNode? Node { get; } = node;

    /// <summary>True if the path ends in a slash, which demands a directory.</summary>
    public bool EndsInSlash { get; } = endsInSlash;

    /// <summary>
    /// Checks whether a new name can be made here. EEXIST if it exists; ENOENT for a trailing slash, unless a directory is made.
    /// </summary>
    /// <remarks>Linux: filename_create.</remarks>
    public Errno CheckNewName(bool isDirectory = false)
    {
        if (Node is not null || Kind != LastName.Normal) return Errno.EEXIST;    // dots and the root always exist (filename_create)
        return EndsInSlash && !isDirectory ? Errno.ENOENT : Errno.None;    // only a directory may be made as "name/"
    }

    public void Dispose()
    {
        Directory.Dispose();
        Node?.Dispose();
    }
}
