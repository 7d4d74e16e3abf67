namespace Paging.Guest.Vfs.Tree;

/// <summary>What a walk must not do. Linux: RESOLVE_* of include/uapi/linux/openat2.h.</summary>
[Flags]
internal enum ResolveFlags
{
    None = 0,

    /// <summary>EXDEV at the border of a mount.</summary>
    NoMounts = 0x01,

    /// <summary>ELOOP at a link that leads to a file itself.</summary>
    NoMagicLinks = 0x02,

    /// <summary>ELOOP at any link.</summary>
    NoSymbolicLinks = 0x04,

    /// <summary>EXDEV where it would leave the directory that it begins in.</summary>
    Beneath = 0x08,

    /// <summary>The directory that it begins in is its root.</summary>
    InRoot = 0x10,
}
