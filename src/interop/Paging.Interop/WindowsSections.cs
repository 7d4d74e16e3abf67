using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;

namespace Paging.Interop;

/// <summary>paging.h, "Windows": sections and their views, as kernel32 has them.</summary>
// SAFETY: as Border.
internal static unsafe class WindowsSections
{
    [UnmanagedCallersOnly(EntryPoint = "paging_create_file_mapping")]
    public static long Create(ulong process, ulong file, uint protection, ulong byteLength, byte* name, uint* section)
    {
        try
        {
            Border.Need(section, "section");
            *section = 0;
            WindowsProcess owner = WindowsExports.Of(process);
            WindowsFile? source = file == 0 ? null : WindowsMachine.Of(Engines.Of(Handles.EngineOf(process))).OpenFile(
                Files.Of(file), FileAccessRights.Read | FileAccessRights.Write | FileAccessRights.Execute);
            Win32Error error = owner.Sections.CreateFileMapping(source, (PageProtection)(protection & 0xFF),
                (SectionFlags)(protection & ~0xFFu), (long)byteLength, name == null ? null : Border.Text(name, "name"),
                out SectionHandle made);
            *section = made.Value;
            return (uint)error;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_open_file_mapping")]
    public static long Open(ulong process, uint access, byte* name, uint* section)
    {
        try
        {
            Border.Need(section, "section");
            *section = 0;
            Win32Error error = WindowsExports.Of(process).Sections.OpenFileMapping(
                (SectionAccess)access, Border.Text(name, "name"), out SectionHandle found);
            *section = found.Value;
            return (uint)error;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_close_file_mapping")]
    public static long Close(ulong process, uint section)
    {
        try { return (uint)WindowsExports.Of(process).Sections.CloseHandle(new(section)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_map_view")]
    public static long Map(ulong process, uint section, uint access, ulong offset, uint byteLength, uint address, uint* result)
    {
        try
        {
            Border.Need(result, "result");
            Win32Error error = WindowsExports.Of(process).Sections.MapViewOfFileEx(
                new(section), (SectionAccess)access, (long)offset, byteLength, new(address), out VirtualAddress at);
            *result = at.Value;
            return (uint)error;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_unmap_view")]
    public static long Unmap(ulong process, uint address)
    {
        try { return (uint)WindowsExports.Of(process).Sections.UnmapViewOfFile(new(address)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_flush_view")]
    public static long Flush(ulong process, uint address, uint byteLength)
    {
        try { return (uint)WindowsExports.Of(process).Sections.FlushViewOfFile(new(address), byteLength); }
        catch (Exception e) { return Border.Refuse(e); }
    }
}
