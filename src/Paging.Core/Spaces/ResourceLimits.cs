using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The soft limits of a process in bytes. <see cref="Infinity"/> means no limit. Linux: struct rlimit.</summary>
internal struct ResourceLimits
{
    /// <summary>RLIM_INFINITY.</summary>
    public const ulong Infinity = ulong.MaxValue;

    public ulong Data, Stack, LockedMemory, AddressSpace;

    /// <summary>The limits of a new process: an 8 MiB stack and 8 MiB of locked memory.</summary>
    public static ResourceLimits Default => new()
    {
        Data = Infinity,
        Stack = 8 << 20,           // _STK_LIM
        LockedMemory = 8 << 20,    // MLOCK_LIMIT (5.16 and later)
        AddressSpace = Infinity,
    };

    public ulong this[ResourceLimit limit]
    {
        readonly get => limit switch
        {
            ResourceLimit.Data => Data,
            ResourceLimit.Stack => Stack,
            ResourceLimit.LockedMemory => LockedMemory,
            _ => AddressSpace,
        };
        set
        {
            switch (limit)
            {
                case ResourceLimit.Data: Data = value; break;
                case ResourceLimit.Stack: Stack = value; break;
                case ResourceLimit.LockedMemory: LockedMemory = value; break;
                default: AddressSpace = value; break;
            }
        }
    }
}

/// <summary>The limits that every operation which adds memory checks, in pages.</summary>
internal static class MemoryLimits
{
    /// <summary>Checks RLIMIT_AS and RLIMIT_DATA. Linux: may_expand_vm.</summary>
    public static bool MayExpand(Space space, AreaFlags flags, long pages)
    {
        ref ResourceLimits limits = ref space.Limits;
        if ((ulong)(space.Statistics.Total + pages) > limits.AddressSpace >> VirtualAddress.PageShift) return false;    // rounded down
        if (!Area.IsData(flags) || limits.Data == 0) return true;    // 0 limits brk only, a workaround for Valgrind
        return (ulong)(space.Statistics.Data + pages) <= limits.Data >> VirtualAddress.PageShift;
    }

    /// <summary>Checks RLIMIT_MEMLOCK for memory that will be locked. Linux: mlock_future_ok.</summary>
    public static bool MayLock(Space space, AreaFlags flags, long pages) =>
        (flags & AreaFlags.Locked) == 0 || space.IsPrivileged || (ulong)(space.Statistics.Locked + pages) <= LockedPagesMax(space);

    /// <summary>True if the process may lock any memory. Linux: can_do_mlock.</summary>
    public static bool MayLockAnything(Space space) => space.IsPrivileged || space.Limits.LockedMemory != 0;

    public static ulong LockedPagesMax(Space space) => space.Limits.LockedMemory >> VirtualAddress.PageShift;
}
