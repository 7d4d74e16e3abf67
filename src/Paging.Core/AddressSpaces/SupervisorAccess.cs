using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Core;

/// <summary>Access with the kernel's privilege: a walk each time, nothing cached, no fault resolved in the kernel half.</summary>
/// <remarks>RAM below 896 MiB is seen from 0xC0000000 on. A user page is made present as for the program; CR0.WP is set.</remarks>
public readonly struct SupervisorAccess
{
    private readonly AddressSpace _space;

    internal SupervisorAccess(AddressSpace space) => _space = space;

    /// <summary>Reads a value; false and the fault where nothing is mapped.</summary>
    public bool TryRead<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        value = default;
        return TryCopy(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Read, out fault);
    }

    /// <summary>Writes a value; false and the fault where it cannot be written. Then nothing has been.</summary>
    public bool TryWrite<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged =>
        TryCopy(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Write, out fault);

    /// <summary>Where an address lies in RAM, as the processor's walk in supervisor mode finds it.</summary>
    public bool TryTranslate(VirtualAddress address, AccessKind access, out PhysicalAddress physical, out MemoryFault fault)
    {
        PagingEngine engine = _space.Engine;
        engine.EnterSlowPath();
        fault = default;
        if (!address.IsKernel && !_space.Mmu.TryTranslate(address, access, out _, out fault))
        {
            physical = default;
            return false;
        }

        WalkResult walk = Walker.Walk(engine.Ram, _space.Tables.Directory, address, access, ProcessorMode.Supervisor);
        physical = walk.Physical;
        if (walk.Succeeded && walk.Physical.Frame.Value < engine.Ram.FrameCount.Value) return true;
        fault = new((walk.ErrorCode & PageFaultErrorCode.Protection) != 0 ? MemoryFaultKind.NotAllowed : MemoryFaultKind.NotMapped, address);
        return false;
    }

    private bool TryCopy(VirtualAddress address, Span<byte> bytes, AccessKind access, out MemoryFault fault)
    {
        int inFirst = Math.Min(bytes.Length, 4096 - address.OffsetInPage);
        if (!TryTranslate(address, access, out PhysicalAddress low, out fault)) return false;
        PhysicalAddress high = default;
        if (inFirst < bytes.Length && !TryTranslate(address + (uint)inFirst, access, out high, out fault)) return false;
        CopyPart(bytes[..inFirst], low, access);
        CopyPart(bytes[inFirst..], high, access);
        return true;
    }

    private void CopyPart(Span<byte> bytes, PhysicalAddress at, AccessKind access)
    {
        if (bytes.IsEmpty) return;
        Span<byte> ram = _space.Engine.Ram.Bytes(at, bytes.Length);
        if (access == AccessKind.Write) bytes.CopyTo(ram);
        else ram.CopyTo(bytes);
    }
}
