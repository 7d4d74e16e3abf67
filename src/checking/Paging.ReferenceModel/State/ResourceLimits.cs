using Paging.Core;

namespace Paging.ReferenceModel.State;

/// <summary>The soft limits of a process, in bytes; <c>ulong.MaxValue</c> is unlimited.</summary>
internal sealed record ResourceLimits
{
    public required ulong Stack { get; set; }

    public ulong Data { get; set; } = ulong.MaxValue;

    public ulong AddressSpace { get; set; } = ulong.MaxValue;

    public ulong LockedMemory { get; set; } = 8 << 20;

    public void Set(ResourceLimit limit, ulong bytes)
    {
        switch (limit)
        {
            case ResourceLimit.Data: Data = bytes; break;
            case ResourceLimit.Stack: Stack = bytes; break;
            case ResourceLimit.LockedMemory: LockedMemory = bytes; break;
            case ResourceLimit.AddressSpace: AddressSpace = bytes; break;
            default: throw new ArgumentOutOfRangeException(nameof(limit), limit, "DIALECT names four limits.");
        }
    }

    /// <summary>True when that many pages are within a limit, which counts in whole pages, rounded down.</summary>
    public static bool Allows(ulong limit, ulong pages) => pages <= limit >> 12;
}
