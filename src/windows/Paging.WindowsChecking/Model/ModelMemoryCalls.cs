using Paging.Scripting.Calls;
using Paging.WindowsChecking.Dialect;
using static Paging.WindowsChecking.Model.ModelWords;

namespace Paging.WindowsChecking.Model;

/// <summary>The calls that allocate, free, protect, query, lock and watch, with their results as text.</summary>
internal static class ModelMemoryCalls
{
    public static string Execute(WindowsModelProcess process, in ScenarioCall call)
    {
        uint address = call.Word(0), size = call.Word(1);
        string status;
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.VirtualAlloc:
                status = AllocationRules.Allocate(process, ref address, 0, ref size, call.Word(2), call.Word(3), isExtended: false);
                return status is Success ? $"0x{address:x8}" : $"0 {Error(status)}";
            case WindowsCallName.VirtualFree:
                if (call.Word(2) == Release && size != 0) return "FALSE ERROR_INVALID_PARAMETER";
                return Boolean(AllocationRules.Free(process, ref address, ref size, call.Word(2)));
            case WindowsCallName.VirtualProtect:
                status = AllocationRules.Protect(process, ref address, ref size, call.Word(2), out uint old);
                return status is Success ? $"TRUE {Show(old)}" : Boolean(status);
            case WindowsCallName.VirtualQuery:
                return address >= 0x7FFF_0000 ? "0 ERROR_INVALID_PARAMETER" : Query(process, address >> 12);
            case WindowsCallName.VirtualLock: return Lock(process, address, size);
            case WindowsCallName.VirtualUnlock: return Unlock(process, address, size);
            case WindowsCallName.GetWriteWatch: return GetWatch(process, call);
            default: return ResetWatch(process, address, size);
        }
    }

    public static string ExecuteNative(WindowsModelProcess process, in ScenarioCall call)
    {
        bool hasZeroBits = WindowsCall.NameOf(call) == WindowsCallName.NtAllocateVirtualMemory;
        uint address = call.Word(0), size = call.Word(hasZeroBits ? 2 : 1), old = 0;
        string status = WindowsCall.NameOf(call) switch
        {
            WindowsCallName.NtAllocateVirtualMemory =>
                AllocationRules.Allocate(process, ref address, call.Word(1), ref size, call.Word(3), call.Word(4), isExtended: false),
            WindowsCallName.NtAllocateVirtualMemoryEx =>
                AllocationRules.Allocate(process, ref address, 0, ref size, call.Word(2), call.Word(3), isExtended: true),
            WindowsCallName.NtFreeVirtualMemory => AllocationRules.Free(process, ref address, ref size, call.Word(2)),
            _ => AllocationRules.Protect(process, ref address, ref size, call.Word(2), out old),
        };
        if (status is not Success) return status;
        string written = $"{Success} base=0x{address:x8} size=0x{size:x}";
        return WindowsCall.NameOf(call) == WindowsCallName.NtProtectVirtualMemory ? $"{written} {Show(old)}" : written;
    }

    /// <summary>Rule 13. The end of the run that begins with a page.</summary>
    public static uint EndOfRun(WindowsModelProcess process, uint page)
    {
        if (process.Find(page) is not { } found) return process.EndOfFree(page);
        uint end = page + 1;
        while (end < found.End && found.IsCommitted(end) == found.IsCommitted(page)
            && (!found.IsCommitted(page) || found.ProtectionOf(end) == found.ProtectionOf(page))) end++;
        return end;
    }

    /// <summary>State, protection, allocation, its protection, and kind.</summary>
    public static string Describe(ModelAllocation found, uint page, string allocation)
    {
        bool isCommitted = found.IsCommitted(page);
        string shown = isCommitted ? $"MEM_COMMIT {Show(found.Show(found.ProtectionOf(page)))}" : "MEM_RESERVE 0";
        string kind = found.Section is not { } section ? "MEM_PRIVATE" : section.Image is null ? "MEM_MAPPED" : "MEM_IMAGE";
        return $"{shown} {allocation}{found.First << 12:x8} {Show(found.Show(found.Protection))} {kind}";
    }

    private static string Query(WindowsModelProcess process, uint page)
    {
        string run = $"base=0x{page << 12:x8} size=0x{(ulong)(EndOfRun(process, page) - page) << 12:x}";
        return process.Find(page) is { } found ? $"{run} {Describe(found, page, "allocation=0x")}" : $"{run} MEM_FREE";
    }

    /// <summary>Rule 24.</summary>
    private static string Lock(WindowsModelProcess process, uint address, uint size)
    {
        if (size == 0) return "FALSE ERROR_INVALID_PARAMETER";
        uint first = address >> 12, end = (uint)(((ulong)address + size + 0xFFF) >> 12);
        for (uint page = first; page < end; page++)
        {
            string? exception = TouchRules.Check(process, page, TouchRules.Read, isKernel: true);
            if (exception is "GUARD_PAGE") return "FALSE STATUS_GUARD_PAGE_VIOLATION";
            if (exception is not null) return "FALSE ERROR_NOACCESS";
        }

        for (uint page = first; page < end; page++) process.Find(page)![page].IsLocked = true;
        return "TRUE";
    }

    private static string Unlock(WindowsModelProcess process, uint address, uint size)
    {
        if (size == 0) return "FALSE ERROR_INVALID_PARAMETER";
        uint first = address >> 12, end = (uint)(((ulong)address + size + 0xFFF) >> 12);
        for (uint page = first; page < end; page++)
            if (process.Find(page)?[page].IsLocked != true) return "FALSE ERROR_NOT_LOCKED";
        for (uint page = first; page < end; page++) process.Find(page)![page].IsLocked = false;
        return "TRUE";
    }

    /// <summary>Rule 25.</summary>
    private static string GetWatch(WindowsModelProcess process, in ScenarioCall call)
    {
        uint first = call.Word(1) >> 12, end = (uint)(((ulong)call.Word(1) + call.Word(2) + 0xFFF) >> 12);
        bool isWrong = (call[0] & ~1) != 0 || call.Word(2) == 0 || call.Word(3) == 0;
        if (isWrong || process.FindAround(first, end) is not { IsWatched: true } found) return "-1 ERROR_INVALID_PARAMETER";
        List<uint> pages = [];
        for (uint page = first; page < end && pages.Count < call.Word(3); page++)
        {
            if (!found[page].IsWritten) continue;
            pages.Add(page);
            if (call[0] != 0) found[page].IsWritten = false;
        }

        return string.Concat(pages.Select(static page => $" 0x{page << 12:x8}")).Insert(0, pages.Count.ToString());
    }

    private static string ResetWatch(WindowsModelProcess process, uint address, uint size)
    {
        uint first = address >> 12, end = (uint)(((ulong)address + size + 0xFFF) >> 12);
        if (size == 0 || process.FindAround(first, end) is not { IsWatched: true } found) return "-1 ERROR_INVALID_PARAMETER";
        for (uint page = first; page < end; page++) found[page].IsWritten = false;
        return "0";
    }
}
