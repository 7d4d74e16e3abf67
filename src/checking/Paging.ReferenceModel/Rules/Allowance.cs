using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>The usage of a process's limits, and checks for more (DIALECT section 5, Limits).</summary>
internal static class Allowance
{
    /// <summary>The figures of <c>vm()</c>, in pages.</summary>
    public readonly record struct Use(ulong Size, ulong Data, ulong Stack, ulong Locked);

    public static Use Of(ModelProcess process)
    {
        ulong size = 0, data = 0, stack = 0, locked = process.LockedForEver;
        foreach (Area area in process.Areas.All)
        {
            ulong count = area.Count.Value;
            size += count;
            if (area.GrowsDown) stack += count;
            if (IsData(area.Flags)) data += count;
            if (area.IsLocked) locked += count;
        }
        return new(size, data, stack, locked);
    }

    /// <summary>Private, writable, not growing down. Linux: is_data_mapping.</summary>
    public static bool IsData(AreaFlags flags) =>
        (flags & (AreaFlags.Write | AreaFlags.Shared | AreaFlags.GrowsDown)) == AreaFlags.Write;

    /// <summary>
    /// Whether memory with these flags may become more: RLIMIT_AS, and RLIMIT_DATA for data, unless it is 0. Linux: may_expand_vm.
    /// </summary>
    public static bool MayGrow(ModelProcess process, AreaFlags flags, ulong pages)
    {
        Use use = Of(process);
        return ResourceLimits.Allows(process.Limits.AddressSpace, use.Size + pages)
            && (!IsData(flags) || process.Limits.Data == 0 || ResourceLimits.Allows(process.Limits.Data, use.Data + pages));
    }

    /// <summary>True if that many more pages may be locked, or if an area with these flags is not locked. Linux: mlock_future_ok.</summary>
    public static bool MayLock(ModelProcess process, AreaFlags flags, ulong pages) =>
        !flags.HasFlag(AreaFlags.Locked) || ResourceLimits.Allows(process.Limits.LockedMemory, Of(process).Locked + pages);
}
