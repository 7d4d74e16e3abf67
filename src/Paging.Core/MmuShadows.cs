using Paging.Native;

namespace Paging.Core;

/// <summary>The part of an <see cref="Mmu"/> that serves a <see cref="ByteShadow"/>.</summary>
internal static class MmuShadows
{
    /// <summary>Called when a shadow of the space has been opened or closed.</summary>
    public static void UpdateShadow(this Mmu mmu)
    {
        if (mmu.Space.Shadow is not null) mmu.Watched ??= new(mmu, mmu.Guard);
        mmu.Watched?.UpdateHoldsBack();
    }

    /// <summary>Stores the bytes before the one that was refused, and returns their number.</summary>
    public static int StoreBefore(this Mmu mmu, MemoryFault refused, VirtualAddress address, ReadOnlySpan<byte> source)
    {
        int count = CountBefore(refused, address);
        MemoryFault fault = new(MemoryFaultKind.Device, address);
        return count != 0 && mmu.TryStoreUncached(address, source[..count], ref fault) ? count : 0;
    }

    /// <summary>Loads the bytes before the one that was refused, and returns their number.</summary>
    public static int LoadBefore(this Mmu mmu, MemoryFault refused, VirtualAddress address, Span<byte> destination)
    {
        int count = CountBefore(refused, address);
        MemoryFault fault = new(MemoryFaultKind.Device, address);
        return count != 0 && mmu.TryLoadUncached(address, destination[..count], AccessKind.Read, ref fault) ? count : 0;
    }

    /// <summary>Returns the number of bytes before the one that a shadow refuses; 0 if the access was refused for another reason.</summary>
    private static int CountBefore(MemoryFault refused, VirtualAddress address) =>
        refused.Kind is MemoryFaultKind.Unaddressable or MemoryFaultKind.Uninitialized ? (int)(refused.Address.Value - address.Value) : 0;
}
