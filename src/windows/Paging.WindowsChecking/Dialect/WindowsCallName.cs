namespace Paging.WindowsChecking.Dialect;

/// <summary>The calls of the Windows dialect, in the order of its document; the spelling is that of a scenario.</summary>
public enum WindowsCallName : byte
{
#pragma warning disable CS1591 // each is the call of that name in docs/WINDOWS-DIALECT.md
    VirtualAlloc, VirtualFree, VirtualProtect, VirtualQuery, VirtualLock, VirtualUnlock, GetWriteWatch, ResetWriteWatch,
    CreateFileMapping, OpenFileMapping, DuplicateHandle, MapViewOfFile, MapViewOfFileEx, UnmapViewOfFile, FlushViewOfFile, CloseHandle,
    ReadProcessMemory, WriteProcessMemory,
    NtAllocateVirtualMemory, NtAllocateVirtualMemoryEx, NtFreeVirtualMemory, NtProtectVirtualMemory, NtCreateSection, NtQuerySection,
    NtMapViewOfSection, NtUnmapViewOfSection,
    Open, ReadFile, WriteFile, SetEndOfFile, GetFileSize,
    Load, Load32, Store, Store32, Fill, Sum, Exec,
    Regions, Workingset, Stack, Stacklimit, Spawn,
#pragma warning restore CS1591
}
