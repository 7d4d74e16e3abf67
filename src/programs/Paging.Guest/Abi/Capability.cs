namespace Paging.Guest.Abi;

/// <summary>The CAP_* that are checked here. Linux: include/uapi/linux/capability.h.</summary>
internal static class Capability
{
    public const int ChangeOwner = 0, OverrideRights = 1, ReadAndSearch = 2, OwnFiles = 3, KeepSetIds = 4, Kill = 5, SetGroup = 6,
        SetUser = 7, SetCapabilities = 8, LockMemory = 14, OwnIpc = 15, ChangeRoot = 18, Trace = 19, Administrator = 21, Nice = 23,
        Resource = 24, WakeAlarm = 35, Restore = 40;

    /// <summary>The highest capability of Linux 6.x.</summary>
    public const int Last = Restore;

    /// <summary>All of them, as a set: capability n is bit n.</summary>
    public const ulong All = (1UL << (Last + 1)) - 1;
}
