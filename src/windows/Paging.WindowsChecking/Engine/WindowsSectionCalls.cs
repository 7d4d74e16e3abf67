using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Windows;
using Paging.Windows.Sections;
using Paging.WindowsChecking.Dialect;
using static Paging.WindowsChecking.Dialect.WindowsResult;

namespace Paging.WindowsChecking.Engine;

/// <summary>The calls of a Windows scenario on sections, views and handles.</summary>
internal static class WindowsSectionCalls
{
    private const uint SectionFlagMask = 0xFFFF_F000;
    private const SectionFlags Shown =
        SectionFlags.File | SectionFlags.Image | SectionFlags.Reserve | SectionFlags.Commit | SectionFlags.NoCache;

    public static ScriptResult Execute(WindowsScriptProcess script, in ScenarioCall call)
    {
        FileMappingCalls sections = script.Process.Sections;
        VirtualAddress result;
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.CreateFileMapping: return Create(script, call);
            case WindowsCallName.OpenFileMapping:
                Win32Error opened = sections.OpenFileMapping((SectionAccess)call.Word(0), call.FileName ?? "", out SectionHandle named);
                return opened == Win32Error.Success ? Of(script.Number(named)) : Refused(0, opened);
            case WindowsCallName.DuplicateHandle:
                Win32Error copied = sections.DuplicateHandle(
                    script.Handle(call[0]), script.Process, (SectionAccess)call.Word(1), out SectionHandle copy);
                return copied == Win32Error.Success ? Of(script.Number(copy)) : Boolean(copied);
            case WindowsCallName.CloseHandle: return Boolean(sections.CloseHandle(script.Handle(call[0])));
            case WindowsCallName.MapViewOfFile or WindowsCallName.MapViewOfFileEx:
                Win32Error mapped = sections.MapViewOfFileEx(
                    script.Handle(call[0]), (SectionAccess)call.Word(1), call[2], call.Word(3), new(call.Word(4)), out result);
                return Address(mapped, result);
            case WindowsCallName.UnmapViewOfFile: return Boolean(sections.UnmapViewOfFile(new(call.Word(0))));
            case WindowsCallName.FlushViewOfFile: return Boolean(sections.FlushViewOfFile(new(call.Word(0)), call.Word(1)));
            default: return ExecuteNative(script, call);
        }
    }

    private static ScriptResult Create(WindowsScriptProcess script, in ScenarioCall call)
    {
        uint asked = call.Word(1);
        if (!script.TryFindFile(call[0], isNone: call[0] == -1, out WindowsFile? file)) return Refused(0, Win32Error.InvalidHandle);
        Win32Error error = script.Process.Sections.CreateFileMapping(
            file, (PageProtection)(asked & ~SectionFlagMask), (SectionFlags)(asked & SectionFlagMask), call[2], call.FileName,
            out SectionHandle handle);
        return error switch
        {
            Win32Error.Success => Of(script.Number(handle)),
            Win32Error.AlreadyExists => Of(script.Number(handle), new(WindowsFieldKind.Error, (long)error)),
            _ => Refused(0, error),
        };
    }

    private static ScriptResult ExecuteNative(WindowsScriptProcess script, in ScenarioCall call)
    {
        NativeMemory native = script.Process.Native;
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.NtCreateSection:
                if (!script.TryFindFile(call[4], isNone: call[4] == 0, out WindowsFile? file)) return Status(NtStatus.InvalidHandle);
                NtStatus created = native.NtCreateSection(
                    (SectionAccess)call.Word(0), call[1], (PageProtection)call.Word(2), (SectionFlags)call.Word(3), file,
                    out SectionHandle handle);
                return created == NtStatus.Success ? Status(created, script.Number(handle)) : Status(created);
            case WindowsCallName.NtQuerySection:
                NtStatus asked = native.NtQuerySection(script.Handle(call[0]), out long length, out SectionFlags flags);
                return Status(asked, SizeField(length), new(WindowsFieldKind.Flags, (long)(flags & Shown)));
            case WindowsCallName.NtMapViewOfSection:
                VirtualAddress address = new(call.Word(1));
                uint size = call.Word(5);
                NtStatus mapped = native.NtMapViewOfSection(
                    script.Handle(call[0]), ref address, call.Word(2), call.Word(3), call[4], ref size, (AllocationTypes)call.Word(6),
                    (PageProtection)call.Word(7));
                return Status(mapped, AddressField(address, "base"), SizeField(call[4], "offset"), SizeField(size));
            default: return Status(native.NtUnmapViewOfSection(new(call.Word(0))));
        }
    }
}
