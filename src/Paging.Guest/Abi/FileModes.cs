namespace Paging.Guest.Abi;

/// <summary>Permissions of a file as chmod(1) writes them, in one place: the digits are octal. Linux: include/uapi/linux/stat.h.</summary>
internal static class FileModes
{
    /// <summary>0777: all three rights, for owner, group and others.</summary>
    public const uint Everything = (All << OwnerShift) | (All << GroupShift) | All;

    /// <summary>07777: with set-user-ID, set-group-ID and the sticky bit.</summary>
    public const uint Changeable = Everything | (7 << 9);

    /// <summary>01000: names in this directory are removed by their owners only.</summary>
    public const uint Sticky = 1 << 9;

    /// <summary>01777: a directory for temporary files of all users.</summary>
    public const uint StickyEverything = Sticky | Everything;

    /// <summary>0444, 0222, 0111: one right, for owner, group and others.</summary>
    public const uint AllRead = Read * Each, AllWrite = Write * Each, AllExecute = Execute * Each;

    /// <summary>0600: the owner reads and writes.</summary>
    public const uint OwnerReadWrite = (Read | Write) << OwnerShift;

    /// <summary>0022: what a new file does not give to others, unless umask(2) says otherwise.</summary>
    public const uint DefaultMask = (Write << GroupShift) | Write;

    /// <summary>
    /// 0755: a program or directory of the system. 0644: a file of it. 0555: a directory without writers. 0666: a device.
    /// </summary>
    public const uint Program = Everything & ~DefaultMask, Text = Program & ~AllExecute, Fixed = AllRead | AllExecute, Device =
        AllRead | AllWrite;

    private const int OwnerShift = 6, GroupShift = 3;
    private const uint Read = 4, Write = 2, Execute = 1, All = Read | Write | Execute, Each = (1 << OwnerShift) | (1 << GroupShift) | 1;
}
