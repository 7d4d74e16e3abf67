using Paging.WindowsChecking.Dialect;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;

namespace Paging.WindowsChecking.Engine;

/// <summary>The calls of a Windows scenario on sections, views and handles.</summary>
internal static class WindowsSectionCalls
{
    private const uint SectionFlagMask = 0xFFFF_F000;

    public static string Execute(WindowsScriptProcess script, WindowsCall call)
    {
        FileMappingCalls sections = script.Process.Sections;
        VirtualAddress result;
        switch (call.Name)
        {
            case WindowsCallName.CreateFileMapping: return Create(script, call);
            case WindowsCallName.OpenFileMapping:
                Win32Error opened = sections.OpenFileMapping((SectionAccess)call.Word(0), call.Text ?? "", out SectionHandle named);
                return opened == Win32Error.Success ? script.Number(named) : $"0 {opened.ToHeaderName()}";
            case WindowsCallName.DuplicateHandle:
                Win32Error copied = sections.DuplicateHandle(
                    script.Handle(call[0]), script.Process, (SectionAccess)call.Word(1), out SectionHandle copy);
                return copied == Win32Error.Success ? script.Number(copy) : WindowsText.Boolean(copied);
            case WindowsCallName.CloseHandle: return WindowsText.Boolean(sections.CloseHandle(script.Handle(call[0])));
            case WindowsCallName.MapViewOfFile or WindowsCallName.MapViewOfFileEx:
                Win32Error mapped = sections.MapViewOfFileEx(
                    script.Handle(call[0]), (SectionAccess)call.Word(1), call[2], call.Word(3), new(call.Word(4)), out result);
                return WindowsText.Address(mapped, result);
            case WindowsCallName.UnmapViewOfFile: return WindowsText.Boolean(sections.UnmapViewOfFile(new(call.Word(0))));
            case WindowsCallName.FlushViewOfFile: return WindowsText.Boolean(sections.FlushViewOfFile(new(call.Word(0)), call.Word(1)));
            default: return ExecuteNative(script, call);
        }
    }

    private static string Create(WindowsScriptProcess script, WindowsCall call)
    {
        uint asked = call.Word(1);
        if (!script.TryFindFile(call[0], isNone: call[0] == -1, out WindowsFile? file)) return "0 ERROR_INVALID_HANDLE";
        Win32Error error = script.Process.Sections.CreateFileMapping(
            file, (PageProtection)(asked & ~SectionFlagMask), (SectionFlags)(asked & SectionFlagMask), call[2], call.Text,
            out SectionHandle handle);
        return error switch
        {
            Win32Error.Success => script.Number(handle),
            Win32Error.AlreadyExists => $"{script.Number(handle)} ERROR_ALREADY_EXISTS",
            _ => $"0 {error.ToHeaderName()}",
        };
    }

    private static string ExecuteNative(WindowsScriptProcess script, WindowsCall call)
    {
        NativeMemory native = script.Process.Native;
        switch (call.Name)
        {
            case WindowsCallName.NtCreateSection:
                if (!script.TryFindFile(call[4], isNone: call[4] == 0, out WindowsFile? file)) return "STATUS_INVALID_HANDLE";
                NtStatus created = native.NtCreateSection(
                    (SectionAccess)call.Word(0), call[1], (PageProtection)call.Word(2), (SectionFlags)call.Word(3), file,
                    out SectionHandle handle);
                return WindowsText.Status(created, created == NtStatus.Success ? script.Number(handle) : "");
            case WindowsCallName.NtQuerySection:
                NtStatus asked = native.NtQuerySection(script.Handle(call[0]), out long length, out SectionFlags flags);
                return WindowsText.Status(asked, $"size=0x{length:x} {WindowsText.Section(flags)}");
            case WindowsCallName.NtMapViewOfSection:
                VirtualAddress address = new(call.Word(1));
                uint size = call.Word(5);
                NtStatus mapped = native.NtMapViewOfSection(
                    script.Handle(call[0]), ref address, call.Word(2), call.Word(3), call[4], ref size, (AllocationTypes)call.Word(6),
                    (PageProtection)call.Word(7));
                return WindowsText.Status(mapped, $"base=0x{address.Value:x8} offset=0x{call[4]:x} size=0x{size:x}");
            default: return WindowsText.Status(native.NtUnmapViewOfSection(new(call.Word(0))));
        }
    }
}
