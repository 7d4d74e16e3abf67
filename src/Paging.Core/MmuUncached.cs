using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core;

/// <summary>Accesses of an <see cref="Mmu"/> to pages that are not cached: those of devices, and those that are reported.</summary>
/// <remarks>The Try methods return false and leave the fault, unless the fault is <see cref="MemoryFaultKind.Device"/>.</remarks>
internal static class MmuUncached
{
    /// <summary>Reads a value in one page whose walk was refused: from a device or a watched page; otherwise throws the fault.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static T ReadRefused<T>(this Mmu mmu, VirtualAddress address, PageTableEntry refused) where T : unmanaged
    {
        T value = default;
        MemoryFault fault = mmu.RefusalAt(address, refused);
        bool isRead = mmu.TryLoadUncached(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Read, ref fault);
        return isRead ? value : throw new PageFaultException(fault);
    }

    /// <summary>Writes a value in one page whose walk was refused.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void WriteRefused<T>(this Mmu mmu, VirtualAddress address, PageTableEntry refused, T value) where T : unmanaged
    {
        MemoryFault fault = mmu.RefusalAt(address, refused);
        if (mmu.TryStoreUncached(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)), ref fault)) return;
        throw new PageFaultException(fault);
    }

    /// <summary>Reads a value in one page that has just been translated and is not cached.</summary>
    /// <exception cref="PageFaultException">The host has written an entry whose frame has no bytes.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static T ReadFrame<T>(this Mmu mmu, VirtualAddress address, FrameNumber frame) where T : unmanaged =>
        MemoryMarshal.Read<T>(BytesOrThrow(mmu, address, frame));

    /// <summary>Writes a value in one page that has just been translated and is not cached.</summary>
    /// <exception cref="PageFaultException">The host has written an entry whose frame has no bytes.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void WriteFrame<T>(this Mmu mmu, VirtualAddress address, FrameNumber frame, T value) where T : unmanaged =>
        MemoryMarshal.Write(BytesOrThrow(mmu, address, frame), value);

    private static Span<byte> BytesOrThrow(Mmu mmu, VirtualAddress address, FrameNumber frame) =>
        mmu.Ram.HasBytes(frame)
            ? mmu.Ram.Bytes(frame)[address.OffsetInPage..]
            : throw new PageFaultException(new MemoryFault(MemoryFaultKind.BusError, address));

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

    /// <summary>Returns true if the page has a watchpoint and is not a device's, which handles its accesses itself.</summary>
    private static bool IsWatched(Mmu mmu, VirtualAddress address, out FrameNumber frame)
    {
        frame = default;
        if (mmu.Watched?.Contains(address.Page) != true) return false;
        PageTableEntry entry = mmu.Space.Tables.Read(address.Page);
        frame = entry.Frame;
        return entry.IsPresent && mmu.Ram.HasBytes(frame);
    }
}
