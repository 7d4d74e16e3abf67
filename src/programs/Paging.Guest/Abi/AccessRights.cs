namespace Paging.Guest.Abi;

/// <summary>
/// Rights to a file: MAY_* of the kernel, R_OK, W_OK and X_OK of access(2), and the three bits of each class in a mode.
/// </summary>
[Flags]
internal enum AccessRights
{
    /// <summary>Existence only (F_OK).</summary>
    None = 0,

    /// <summary>To execute a file, or search a directory.</summary>
    Execute = 1,
    Write = 2,
    Read = 4,

    /// <summary>To make or remove names in a directory.</summary>
    ChangeNames = Write | Execute,
    All = Read | Write | Execute,
}
