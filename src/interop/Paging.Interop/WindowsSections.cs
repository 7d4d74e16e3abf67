using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;

namespace Paging.Interop;

/// <summary>paging.h, "Windows": sections and their views, as kernel32 has them.</summary>
// SAFETY: as Border.
internal static unsafe class WindowsSections
{
    [Export("paging_create_file_mapping")]
    public static Win32Error Create(ulong process, ulong file, uint protection, ulong byteLength, byte* name, uint* section)
    {
        Border.Clear(section, "section");
        WindowsProcess owner = WindowsExports.Of(process);
        WindowsFile? source = file == 0 ? null : WindowsMachine.Of(Engines.Of(Handles.EngineOf(process))).OpenFile(
            Files.Of(file), FileAccessRights.Read | FileAccessRights.Write | FileAccessRights.Execute);
        Win32Error error = owner.Sections.CreateFileMapping(source, (PageProtection)(protection & 0xFF),
            (SectionFlags)(protection & ~0xFFu), (long)byteLength, name == null ? null : Border.Text(name, "name"),
            out SectionHandle made);
        *section = made.Value;
        return error;
    }

    [Export("paging_open_file_mapping")]
    public static Win32Error Open(ulong process, uint access, byte* name, uint* section)
    {
        Border.Clear(section, "section");
        Win32Error error = WindowsExports.Of(process).Sections.OpenFileMapping(
            (SectionAccess)access, Border.Text(name, "name"), out SectionHandle found);
        *section = found.Value;
        return error;
    }

    [Export("paging_close_file_mapping")]
    public static Win32Error Close(ulong process, uint section) => WindowsExports.Of(process).Sections.CloseHandle(new(section));

    [Export("paging_map_view")]
    public static Win32Error Map(ulong process, uint section, uint access, ulong offset, uint byteLength, uint address, uint* result)
    {
        Border.Need(result, "result");
        Win32Error error = WindowsExports.Of(process).Sections.MapViewOfFileEx(
            new(section), (SectionAccess)access, (long)offset, byteLength, new(address), out VirtualAddress at);
        *result = at.Value;
        return error;
    }

    [Export("paging_unmap_view")]
    public static Win32Error Unmap(ulong process, uint address) => WindowsExports.Of(process).Sections.UnmapViewOfFile(new(address));

    [Export("paging_flush_view")]
    public static Win32Error Flush(ulong process, uint address, uint byteLength) =>
        WindowsExports.Of(process).Sections.FlushViewOfFile(new(address), byteLength);
}
