namespace Paging.Guest.Vfs.Tree;

/// <summary>What a walk does with a link that is the last name of a path. Linux: LOOKUP_FOLLOW, LOOKUP_CREATE.</summary>
internal enum LastLink
{
    /// <summary>It is what was asked for, unless a slash comes behind it.</summary>
    Keep,

    /// <summary>It is followed.</summary>
    Follow,

    /// <summary>It is followed unless a slash comes behind it, which is left to the caller: a file may be made where it leads.</summary>
    FollowOrMake,

    /// <summary>
    /// The name itself is to be made, moved or taken away: whatever has it is meant, with a slash or without. Linux: filename_parentat.
    /// </summary>
    Name,
}
