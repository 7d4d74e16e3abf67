using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsGuest;

/// <summary>The system's parts of a program's memory, beside its image: blocks of the process and of threads, stubs.</summary>
internal static class SystemMemory
{
    /// <summary>Takes committed memory from the high end. Returns false if nothing is free.</summary>
    public static bool TryTake(WindowsProcess process, uint byteLength, out VirtualAddress place)
    {
        const AllocationTypes types = AllocationTypes.Reserve | AllocationTypes.Commit | AllocationTypes.TopDown;
        return process.Memory.VirtualAlloc(default, byteLength, types, PageProtection.ReadWrite, out place) == Win32Error.Success;
    }

    /// <summary>Takes memory for code, and writes it there. Returns false if nothing is free.</summary>
    public static bool TryTakeCode(WindowsProcess process, ReadOnlySpan<byte> code, out VirtualAddress place) =>
        TryTake(process, (uint)code.Length, out place)
        && process.Access.WriteProcessMemory(place, code, out _) == Win32Error.Success
        && process.Memory.VirtualProtect(place, (uint)code.Length, PageProtection.ExecuteRead, out _) == Win32Error.Success;
}
