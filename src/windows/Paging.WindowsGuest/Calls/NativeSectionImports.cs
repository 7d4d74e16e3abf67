using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>NtCreateSection, NtMapViewOfSection and their like.</summary>
internal static class NativeSectionImports
{
    public static ImportedCall[] All { get; } =
    [
        OfNtdll("NtCreateSection", 7, static call => Create(call)),
        OfNtdll("NtQuerySection", 5, static call => Query(call)),
        OfNtdll("NtMapViewOfSection", 10, static call => Map(call)),
        OfNtdll("NtUnmapViewOfSection", 2, static call => (uint)call.Program.Process.Native.NtUnmapViewOfSection(call.Address(1))),
        OfNtdll("NtClose", 1, static call =>
            (uint)(call.Program.Handles.TryClose(call[0], call.Program.Process) ? NtStatus.Success : NtStatus.InvalidHandle)),
    ];

    private static uint Create(CallFrame call)
    {
        if (!call.ReadLongIfGiven(call[3], out long byteLength)) return (uint)NtStatus.AccessViolation;
        WindowsFile? file = null;
        if (call[6] != 0)    // without a file: of the page file
        {
            if (!call.Program.Handles.TryFind(call[6], out OpenedFile open)) return (uint)NtStatus.InvalidHandle;
            file = open.File;
        }

        NtStatus status = call.Program.Process.Native.NtCreateSection(
            (SectionAccess)call[1], byteLength, (PageProtection)call[4], (SectionFlags)call[5], file, out SectionHandle handle);
        if (status == NtStatus.Success) call.WriteWord(call[0], call.Program.Handles.Open(handle));
        return (uint)status;
    }

    private static uint Query(CallFrame call)
    {
        const uint basic = 0, length = 16, invalidClass = 0xC0000003, lengthMismatch = 0xC0000004;
        if (call[1] != basic) return invalidClass;
        if (call[3] < length) return lengthMismatch;
        if (!call.Program.Handles.TryFind(call[0], out SectionHandle handle)) return (uint)NtStatus.InvalidHandle;
        NtStatus status = call.Program.Process.Native.NtQuerySection(handle, out long byteLength, out SectionFlags flags);
        if (status != NtStatus.Success) return (uint)status;
        uint place = call[2];    // SECTION_BASIC_INFORMATION: base, attributes, size
        bool isWritten = call.WriteWord(place, 0) && call.WriteWord(place + 4, (uint)flags)
            && call.WriteWord(place + 8, (uint)byteLength) && call.WriteWord(place + 12, (uint)(byteLength >> 32))
            && call.WriteWordIfWanted(call[4], length);
        return (uint)(isWritten ? NtStatus.Success : NtStatus.AccessViolation);
    }

    private static uint Map(CallFrame call)
    {
        if (!call.Program.Handles.TryFind(call[0], out SectionHandle handle)) return (uint)NtStatus.InvalidHandle;
        uint byteLength = 0;
        bool isRead = call.ReadWord(call[2], out uint start) && call.ReadWord(call[6], out byteLength);
        isRead &= call.ReadLongIfGiven(call[5], out long offset);
        if (!isRead || call[1] != HandleTable.CurrentProcess) return (uint)NtStatus.AccessViolation;
        VirtualAddress place = new(start);
        NtStatus status = call.Program.Process.Native.NtMapViewOfSection(
            handle, ref place, call[3], call[4], offset, ref byteLength, (AllocationTypes)call[8], (PageProtection)call[9]);
        return NativeImports.WriteBack(call, status, 2, 6, place, byteLength);
    }
}
