namespace Paging.Guest.Abi;

/// <summary>What inotify tells of a file, and how it was asked to. Linux: include/uapi/linux/inotify.h IN_*.</summary>
[Flags]
internal enum FileNotice : uint
{
    None = 0,
    Access = 1,
    Modify = 2,
    Attributes = 4,
    CloseWritten = 8,
    CloseUnwritten = 16,
    Open = 32,
    MovedFrom = 64,
    MovedTo = 128,
    Create = 256,
    Delete = 512,
    DeleteSelf = 1024,
    MoveSelf = 2048,
    AllEvents = 0xFFF,

    // Told without being asked for.

    Unmounted = 0x2000,
    Overflow = 0x4000,
    Ignored = 0x8000,
    IsDirectory = 0x4000_0000,

    // How to watch.

    OnlyDirectory = 0x0100_0000,
    DoNotFollow = 0x0200_0000,
    ExcludeUnlinked = 0x0400_0000,
    MaskCreate = 0x1000_0000,
    MaskAdd = 0x2000_0000,
    Once = 0x8000_0000,
    All = AllEvents | Unmounted | Overflow | Ignored | IsDirectory | OnlyDirectory | DoNotFollow | ExcludeUnlinked | MaskCreate | MaskAdd
        | Once,
}
