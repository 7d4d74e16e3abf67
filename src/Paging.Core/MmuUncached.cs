using Paging.Core.Accounting;
using Paging.Native;

namespace Paging.Core;

/// <summary>Accesses of an <see cref="Mmu"/> to pages that are never cached: those of devices, and those with a watchpoint.</summary>
/// <remarks>Each returns false and leaves the fault, unless the fault is <see cref="MemoryFaultKind.Device"/>.</remarks>
internal static class MmuUncached
{
    /// <summary>Loads bytes that lie in one page.</summary>
    public static bool TryLoadUncached(
        this Mmu mmu, VirtualAddress address, Span<byte> destination, AccessKind access, ref MemoryFault fault)
    {
        if (fault.Kind != MemoryFaultKind.Device) return false;
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        fault = default;
        if (IsWatched(mmu, address, out FrameNumber frame)) mmu.Watched!.Load(address, destination, mmu.Ram.Bytes(frame), access);
        else mmu.Devices.Load(mmu.Space, address, destination, access);
        return true;
    }

    /// <summary>Stores bytes that lie in one page.</summary>
    public static bool TryStoreUncached(this Mmu mmu, VirtualAddress address, ReadOnlySpan<byte> source, ref MemoryFault fault)
    {
        if (fault.Kind != MemoryFaultKind.Device) return false;
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        fault = default;
        if (IsWatched(mmu, address, out FrameNumber frame)) mmu.Watched!.Store(address, source, mmu.Ram.Bytes(frame));
        else mmu.Devices.Store(mmu.Space, address, source);
        return true;
    }

    /// <summary>Stores single bytes, as <c>rep stosb</c> does, at most up to the end of the page.</summary>
    public static bool TryFillUncached(this Mmu mmu, VirtualAddress address, ref int byteLength, byte value, ref MemoryFault fault)
    {
        if (fault.Kind != MemoryFaultKind.Device) return false;
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        fault = default;
        byteLength = Math.Min(byteLength, Mmu.PageBytes - address.OffsetInPage);
        if (!IsWatched(mmu, address, out FrameNumber frame))
        {
            mmu.Devices.Fill(mmu.Space, address, byteLength, value);
            return true;
        }

        for (int done = 0; done < byteLength; done++) mmu.Watched!.Store(address + (uint)done, [value], mmu.Ram.Bytes(frame));
        return true;
    }

    /// <summary>The page has a watchpoint and bytes of its own: a device answers for itself.</summary>
    private static bool IsWatched(Mmu mmu, VirtualAddress address, out FrameNumber frame)
    {
        frame = default;
        if (mmu.Watched?.Contains(address.Page) != true) return false;
        PageTableEntry entry = mmu.Space.Tables.Read(address.Page);
        frame = entry.Frame;
        return entry.IsPresent && mmu.Ram.HasBytes(frame);
    }
}
