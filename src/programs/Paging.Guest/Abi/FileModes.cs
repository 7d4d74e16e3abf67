namespace Paging.Guest.Abi;

/// <summary>
/// The mode of an inode: its type and permissions. Linux: umode_t, include/uapi/linux/stat.h.
/// </summary>
/// <remarks>Documentation quotes the permissions as chmod(1) writes them, in octal digits.</remarks>
[Flags]
internal enum FileModes : uint
{
    None = 0,

    // 0007, 0070, 0700: one bit each to execute, write and read, for others, the group and the owner.

    OtherExecute = 1,
    OtherWrite = 2,
    OtherRead = 4,
    GroupExecute = OtherExecute << 3,
    GroupWrite = OtherWrite << 3,
    GroupRead = OtherRead << 3,
    OwnerExecute = GroupExecute << 3,
    OwnerWrite = GroupWrite << 3,
    OwnerRead = GroupRead << 3,

    /// <summary>01000: only owners may remove names in this directory.</summary>
    Sticky = 1 << 9,

    /// <summary>02000: set-group-ID.</summary>
    SetGroup = 1 << 10,

    /// <summary>04000: set-user-ID.</summary>
    SetUser = 1 << 11,

    // The kind of file (S_IFMT): a number, not a set of bits.

    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xA000,
    Socket = 0xC000,
    TypeMask = 0xF000,

    // Sets of permissions.

    /// <summary>0444.</summary>
    AllRead = OwnerRead | GroupRead | OtherRead,

    /// <summary>0222.</summary>
    AllWrite = OwnerWrite | GroupWrite | OtherWrite,

    /// <summary>0111.</summary>
    AllExecute = OwnerExecute | GroupExecute | OtherExecute,

    /// <summary>0777: all three rights, for owner, group and others.</summary>
    Everything = AllRead | AllWrite | AllExecute,

    /// <summary>01777: a directory for temporary files of all users.</summary>
    StickyEverything = Sticky | Everything,

    /// <summary>07777: the bits that chmod(2) can change.</summary>
    Changeable = SetUser | SetGroup | StickyEverything,

    /// <summary>0600: the owner reads and writes.</summary>
    OwnerReadWrite = OwnerRead | OwnerWrite,

    /// <summary>0022: the initial mask of umask(2).</summary>
    DefaultMask = GroupWrite | OtherWrite,

    /// <summary>0755: a program or a directory of the system.</summary>
    Program = Everything & ~DefaultMask,

    /// <summary>0644: a file of the system.</summary>
    Text = Program & ~AllExecute,

    /// <summary>0555: a directory without writers.</summary>
    Fixed = AllRead | AllExecute,

    /// <summary>0666: a device.</summary>
    Device = AllRead | AllWrite,
}
