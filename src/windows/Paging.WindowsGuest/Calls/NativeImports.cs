using Paging.Native;
using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>NtAllocateVirtualMemory and its like: places and sizes are read from the program's memory and written back.</summary>
internal static class NativeImports
{
    public static ImportedCall[] All { get; } =
    [
        OfNtdll("NtAllocateVirtualMemory", 6, static call => Allocate(call)),
        OfNtdll("NtAllocateVirtualMemoryEx", 7, static call => AllocateExtended(call)),
        OfNtdll("NtFreeVirtualMemory", 4, static call => Free(call)),
        OfNtdll("NtProtectVirtualMemory", 5, static call => Protect(call)),
        OfNtdll("NtQueryVirtualMemory", 6, static call => Query(call)),
        OfNtdll("RtlNtStatusToDosError", 1, static call => (uint)((NtStatus)call[0]).ToWin32Error()),
    ];

    private static uint Allocate(CallFrame call)
    {
        if (!TryRead(call, 1, 3, out VirtualAddress place, out uint length)) return (uint)NtStatus.AccessViolation;
        NtStatus status = call.Program.Process.Native.NtAllocateVirtualMemory(
            ref place, call[2], ref length, (AllocationTypes)call[4], (PageProtection)call[5]);
        return WriteBack(call, status, 1, 3, place, length);
    }

    private static uint AllocateExtended(CallFrame call)
    {
        if (!TryRead(call, 1, 2, out VirtualAddress place, out uint length)) return (uint)NtStatus.AccessViolation;
        if (call[6] != 0) return (uint)NtStatus.InvalidParameter;    // extended parameters
        NtStatus status = call.Program.Process.Native.NtAllocateVirtualMemoryEx(
            ref place, ref length, (AllocationTypes)call[3], (PageProtection)call[4]);
        return WriteBack(call, status, 1, 2, place, length);
    }

    private static uint Free(CallFrame call)
    {
        if (!TryRead(call, 1, 2, out VirtualAddress place, out uint length)) return (uint)NtStatus.AccessViolation;
        NtStatus status = call.Program.Process.Native.NtFreeVirtualMemory(ref place, ref length, (AllocationTypes)call[3]);
        return WriteBack(call, status, 1, 2, place, length);
    }

    private static uint Protect(CallFrame call)
    {
        // The place of the old protection is written first, so that a bad one changes nothing
        bool isReadable = TryRead(call, 1, 2, out VirtualAddress place, out uint length);
        if (!isReadable || !call.ReadWord(call[4], out uint before) || !call.WriteWord(call[4], before))
            return (uint)NtStatus.AccessViolation;
        NtStatus status = call.Program.Process.Native.NtProtectVirtualMemory(
            ref place, ref length, (PageProtection)call[3], out PageProtection old);
        if (status == NtStatus.Success) call.WriteWord(call[4], (uint)old);
        return WriteBack(call, status, 1, 2, place, length);
    }

    private static uint Query(CallFrame call)
    {
        // STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH: they have no other use here
        const uint basic = 0, length = 28, invalidClass = 0xC0000003, lengthMismatch = 0xC0000004;
        if (call[2] != basic) return invalidClass;    // MemoryBasicInformation
        if (call[4] < length) return lengthMismatch;    // after the class, which decides the length
        Win32Error error = call.Program.Process.Memory.VirtualQuery(call.Address(1), out MemoryBasicInformation information);
        if (error != Win32Error.Success) return (uint)NtStatus.InvalidParameter;
        Span<byte> bytes = stackalloc byte[(int)length];
        VirtualImports.Write(information, bytes);
        bool isWritten = call.Write(call[3], bytes) && call.WriteWordIfWanted(call[5], length);
        return (uint)(isWritten ? NtStatus.Success : NtStatus.AccessViolation);
    }

    private static bool TryRead(CallFrame call, int place, int length, out VirtualAddress address, out uint byteLength)
    {
        bool isRead = call.ReadWord(call[place], out uint start);
        address = new(start);
        return call.ReadWord(call[length], out byteLength) && isRead && call[0] == HandleTable.CurrentProcess;
    }

    /// <summary>Writes the place and the length to the program's variables, after a success. Returns the status.</summary>
    public static uint WriteBack(CallFrame call, NtStatus status, int place, int length, VirtualAddress address, uint byteLength)
    {
        if (status != NtStatus.Success) return (uint)status;
        call.WriteWord(call[place], address.Value);
        call.WriteWord(call[length], byteLength);
        return (uint)status;
    }
}
