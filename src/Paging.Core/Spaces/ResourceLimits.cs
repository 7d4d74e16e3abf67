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
