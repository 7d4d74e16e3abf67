namespace Paging.Guest.Vfs.Tree;

/// <summary>The treatment of a link that is the last name of a path. Linux: LOOKUP_FOLLOW, LOOKUP_CREATE.</summary>
internal enum LastLink
{
    /// <summary>The link is not followed, unless a slash follows.</summary>
    Keep,

    /// <summary>The link is followed.</summary>
    Follow,

    /// <summary>The link is followed unless a slash follows, which is left to the caller: a file may be created at its target.</summary>
    FollowOrMake,

    /// <summary>
    /// The link is not followed, with or without a slash: the name itself is to be made, moved or removed. Linux: filename_parentat.
    /// </summary>
    Name,
}
