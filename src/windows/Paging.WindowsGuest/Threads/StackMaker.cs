using Paging.Native;
using Paging.Windows;
using Paging.Windows.Spaces;

namespace Paging.WindowsGuest.Threads;

//   Allocation                        Limit            Base
//   ├── reserved ──────────┬─ guard ──┬── committed ───┤
/// <summary>Makes a thread's stack: reserved, committed at its upper end, with a guard page below that.</summary>
/// <remarks>Windows: RtlCreateUserStack. The allocation's protection is READWRITE; the guard is one page here.</remarks>
internal static class StackMaker
{
    private const uint GranuleMask = 0xFFFF, MegabyteMask = 0xF_FFFF, PageLength = 0x1000, ReserveDefault = 1 << 20;    // 1 MB: /STACK

    /// <summary>Makes a stack. Returns false if there is no room, or the commitment limit forbids it.</summary>
    public static bool TryMake(WindowsProcess process, uint reserve, uint commit, out StackBounds bounds)
    {
        bounds = default;
        reserve = ((reserve == 0 ? ReserveDefault : reserve) + GranuleMask) & ~GranuleMask;
        commit = (Math.Max(commit, PageLength) + PageLength - 1) & ~(PageLength - 1);
        if (commit >= reserve) reserve = (commit + MegabyteMask) & ~MegabyteMask;    // Microsoft, Thread Stack Size
        Win32Error error = process.Memory.VirtualAlloc(
            default, reserve, AllocationTypes.Reserve, PageProtection.ReadWrite, out VirtualAddress allocation);
        if (error != Win32Error.Success) return false;
        VirtualAddress end = allocation + reserve, limit = new(end.Value - commit), guard = new(limit.Value - PageLength);
        error = process.Memory.VirtualAlloc(limit, commit, AllocationTypes.Commit, PageProtection.ReadWrite, out _);
        if (error == Win32Error.Success && guard > allocation)    // the lowest page stays reserved
            error = process.Memory.VirtualAlloc(
                guard, PageLength, AllocationTypes.Commit, PageProtection.ReadWrite | PageProtection.Guard, out _);
        if (error != Win32Error.Success) process.Memory.VirtualFree(allocation, 0, AllocationTypes.Release);
        bounds = new(allocation, limit, end);
        return error == Win32Error.Success;
    }
}
