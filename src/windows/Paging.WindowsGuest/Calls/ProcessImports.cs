using Paging.Windows;
using Paging.Windows.Sections;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>The process, its handles, and its queries about the system.</summary>
internal static class ProcessImports
{
    /// <summary>The handles that a program finds open: the first three of its table.</summary>
    public const uint InputHandle = 4, OutputHandle = 8, ErrorHandle = 12;

    private const uint SameAccess = 2, CloseSource = 1;    // DUPLICATE_*

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("ExitProcess", 1, static call =>
        {
            call.Program.EndProcess(call[0]);
            return null;
        }),
        OfKernel32("TerminateProcess", 2, static call =>
        {
            if (call[0] != HandleTable.CurrentProcess) return call.Fail(Win32Error.InvalidHandle);    // there is no other process
            call.Program.ExitCode = call[1];    // at once: no callbacks, no flush (TerminateProcess)
            return null;
        }),
        OfKernel32("GetLastError", 0, static call => call.Thread.Block.LastError),
        OfKernel32("SetLastError", 1, static call =>
        {
            call.Thread.Block.SetLastError((Win32Error)call[0]);
            return 0;
        }),
        OfKernel32("CloseHandle", 1, static call =>
            call.Boolean(call.Program.Handles.TryClose(call[0], call.Program.Process) ? Win32Error.Success : Win32Error.InvalidHandle)),
        OfKernel32("DuplicateHandle", 7, static call => Duplicate(call)),
        OfKernel32("GetCurrentProcess", 0, static call => HandleTable.CurrentProcess),
        OfKernel32("GetCurrentProcessId", 0, static call => (uint)call.Program.Process.Id * 4),    // one table with threads, in steps of 4
        OfKernel32("GetCommandLineA", 0, static call => call.Program.CommandLine.Value),
        OfKernel32("GetSystemInfo", 1, static call => DescribeSystem(call)),
        OfKernel32("GetNativeSystemInfo", 1, static call => DescribeSystem(call)),
        OfKernel32("GetVersion", 0, static call => 10 | (19045u << 16)),    // major, minor in the low word, build above
        OfKernel32("GetTickCount", 0, static call => call.Program.Clock.Milliseconds),
        OfKernel32("QueryPerformanceCounter", 1, static call => WriteLong(call, call.Program.Clock.Counter)),
        OfKernel32("QueryPerformanceFrequency", 1, static call => WriteLong(call, TimeSpan.TicksPerSecond)),
        OfKernel32("SetErrorMode", 1, static call => 0),    // 0 was the mode before: no boxes are shown anyway
    ];

    private static uint Duplicate(CallFrame call)
    {
        bool isOwn = call[0] == HandleTable.CurrentProcess && call[2] == HandleTable.CurrentProcess;
        if (!isOwn || !call.Program.Handles.TryFind(call[1], out object target)) return call.Fail(Win32Error.InvalidHandle);
        if (target is SectionHandle section)
        {
            SectionAccess? access = (call[6] & SameAccess) != 0 ? null : (SectionAccess)call[4];
            Win32Error error = call.Program.Process.Sections.DuplicateHandle(section, call.Program.Process, access, out SectionHandle copy);
            if (error != Win32Error.Success) return call.Fail(error);
            target = copy;
        }

        // Last: the section has to live until the copy is made
        if ((call[6] & CloseSource) != 0) call.Program.Handles.TryClose(call[1], call.Program.Process);
        return call.Boolean(call.WriteWord(call[3], call.Program.Handles.Open(target)) ? Win32Error.Success : Win32Error.Noaccess);
    }

    /// <summary>SYSTEM_INFO: 36 bytes.</summary>
    private static uint DescribeSystem(CallFrame call)
    {
        const uint pageLength = 4096, lowest = 0x1_0000, pentium = 586, granularity = 0x1_0000;
        uint highest = call.Program.Process.AddressLimit.Value - 1;
        ReadOnlySpan<uint> words = [0, pageLength, lowest, highest, 1, 1, pentium, granularity, 6];    // 0: x86; one processor; level 6
        for (int i = 0; i < words.Length; i++) call.WriteWord(call[0] + ((uint)i * 4), words[i]);
        return 0;
    }

    private static uint WriteLong(CallFrame call, long value) =>
        call.Boolean(call.WriteWord(call[0], (uint)value) && call.WriteWord(call[0] + 4, (uint)(value >> 32))
            ? Win32Error.Success : Win32Error.Noaccess);
}
