namespace Paging.Guest.Tasks;

/// <summary>How users and capabilities hang together; each has a lock in the bit above. Linux: include/uapi/linux/securebits.h.</summary>
[Flags]
internal enum SecureBits : uint
{
    None = 0,

    /// <summary>execve gives root nothing.</summary>
    NoRoot = 1 << 0,

    /// <summary>Capabilities stay as they are when users change.</summary>
    NoSetUserFixup = 1 << 2,

    /// <summary>Permitted capabilities outlive the change away from root, until execve.</summary>
    KeepCapabilities = 1 << 4,

    NoAmbientRaise = 1 << 6,

    /// <summary>Wishes to interpreters, which anybody may state.</summary>
    ExecRestrictFile = 1 << 8,

    /// <inheritdoc cref="ExecRestrictFile"/>
    ExecDenyInteractive = 1 << 10,

    Wishes = ExecRestrictFile | ExecDenyInteractive | ((ExecRestrictFile | ExecDenyInteractive) << 1),
    Bits = NoRoot | NoSetUserFixup | KeepCapabilities | NoAmbientRaise | ExecRestrictFile | ExecDenyInteractive,
    Locks = Bits << 1,
    All = Bits | Locks,
}
