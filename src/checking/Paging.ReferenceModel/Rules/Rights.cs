using Paging.Core;

namespace Paging.ReferenceModel.Rules;

/// <summary>From PROT_* to the rights of an area.</summary>
internal static class Rights
{
    /// <summary>The bits that mprotect accepts, besides PROT_GROWSDOWN and PROT_GROWSUP, which move the start or the end.</summary>
    public const MemoryProtection Known = MemoryProtection.All | MemoryProtection.Semaphore;

    public static AreaFlags Of(MemoryProtection protection)
    {
        AreaFlags rights = AreaFlags.None;
        if (protection.HasFlag(MemoryProtection.Read)) rights |= AreaFlags.Read;
        if (protection.HasFlag(MemoryProtection.Write)) rights |= AreaFlags.Write;
        if (protection.HasFlag(MemoryProtection.Execute)) rights |= AreaFlags.Execute;
        return rights;
    }

    /// <summary>Private writable memory, unless made with MAP_NORESERVE. Linux: accountable_mapping.</summary>
    public static bool AreAccounted(AreaFlags flags) =>
        (flags & (AreaFlags.Write | AreaFlags.Shared | AreaFlags.NoReserve)) == AreaFlags.Write;
}
