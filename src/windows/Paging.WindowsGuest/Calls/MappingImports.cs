using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>CreateFileMapping, MapViewOfFile and their like.</summary>
internal static class MappingImports
{
    private const uint FlagMask = 0xFFFF_F000, NoFile = uint.MaxValue;    // SEC_* lie above PAGE_*; INVALID_HANDLE_VALUE: the page file

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("CreateFileMappingA", 6, static call => Create(call, isWide: false)),
        OfKernel32("CreateFileMappingW", 6, static call => Create(call, isWide: true)),
        OfKernel32("OpenFileMappingA", 3, static call => Open(call, isWide: false)),
        OfKernel32("OpenFileMappingW", 3, static call => Open(call, isWide: true)),
        OfKernel32("MapViewOfFile", 5, static call => Map(call, default)),
        OfKernel32("MapViewOfFileEx", 6, static call => Map(call, call.Address(5))),
        OfKernel32("UnmapViewOfFile", 1, static call => call.Boolean(call.Program.Process.Sections.UnmapViewOfFile(call.Address(0)))),
        OfKernel32("FlushViewOfFile", 2, static call =>
            call.Boolean(call.Program.Process.Sections.FlushViewOfFile(call.Address(0), call[1]))),
    ];

    private static uint Create(CallFrame call, bool isWide)
    {
        WindowsFile? file = null;
        if (call[0] != NoFile)
        {
            if (!call.Program.Handles.TryFind(call[0], out OpenedFile open)) return call.Fail(Win32Error.InvalidHandle);
            file = open.File;
        }

        long byteLength = (long)(((ulong)call[3] << 32) | call[4]);
        Win32Error error = call.Program.Process.Sections.CreateFileMapping(
            file, (PageProtection)(call[2] & ~FlagMask), (SectionFlags)(call[2] & FlagMask), byteLength, call.ReadText(call[5], isWide),
            out SectionHandle handle);
        call.Thread.Block.SetLastError(error);    // also 0: it reports ERROR_ALREADY_EXISTS
        return error is Win32Error.Success or Win32Error.AlreadyExists ? call.Program.Handles.Open(handle) : 0;
    }

    private static uint Open(CallFrame call, bool isWide)
    {
        if (call.ReadText(call[2], isWide) is not { } name) return call.Fail(Win32Error.InvalidParameter);
        Win32Error error = call.Program.Process.Sections.OpenFileMapping((SectionAccess)call[0], name, out SectionHandle handle);
        return error == Win32Error.Success ? call.Program.Handles.Open(handle) : call.Fail(error);
    }

    private static uint Map(CallFrame call, VirtualAddress place)
    {
        if (!call.Program.Handles.TryFind(call[0], out SectionHandle handle)) return call.Fail(Win32Error.InvalidHandle);
        Win32Error error = call.Program.Process.Sections.MapViewOfFileEx(
            handle, (SectionAccess)call[1], (long)(((ulong)call[2] << 32) | call[3]), call[4], place, out VirtualAddress made);
        return error == Win32Error.Success ? made.Value : call.Fail(error);
    }
}
