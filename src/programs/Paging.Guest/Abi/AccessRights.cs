namespace Paging.Guest.Abi;

/// <summary>
/// Rights to a file: MAY_* of the kernel, R_OK, W_OK and X_OK of access(2), and the three bits of each class in a mode.
/// </summary>
[Flags]
internal enum AccessRights
{
    /// <summary>Existence only (F_OK).</summary>
    None = 0,

    /// <summary>The right to execute a file, or to search a directory.</summary>
    Execute = 1,
    Write = 2,
    Read = 4,

    /// <summary>The right to make or remove names in a directory.</summary>
    ChangeNames = Write | Execute,
    All = Read | Write | Execute,
}
