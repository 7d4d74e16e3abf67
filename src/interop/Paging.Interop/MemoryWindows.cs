using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Windows of the host": accesses of native code without a call or a table.</summary>
// SAFETY: as Border.
internal static unsafe class MemoryWindows
{
    [Export("paging_window_open")]
    public static void Open(ulong process, uint flags, ulong* window, void** start)
    {
        Border.Clear(window, "window");
        Border.Need(start, "base");
        *start = null;
        UserProcess shown = Processes.OfAny(process);
        if (flags != 0) throw new RefusalException(BorderCode.BadArgument, $"flags must be 0, not {flags}.");
        MemoryWindow made = shown.OpenWindow();
        *start = (void*)made.Start;
        *window = Handles.Add(HandleKind.Window, made, Handles.EngineOf(process));
    }

    [Export("paging_window_fault")]
    public static int Resolve(ulong window, void* hostAddress, uint access, Fault* fault)
    {
        Accesses.Report(default, fault);
        int outcome = (int)Of(window).Resolve((nint)hostAddress, (AccessKind)access, out MemoryFault refusal);
        Accesses.Report(refusal, fault);
        return outcome;
    }

    [Export("paging_window_mappings")]
    public static int CountMappings(ulong window) => Of(window).MappingCount;

    private static MemoryWindow Of(ulong handle) => Handles.Get<MemoryWindow>(handle, HandleKind.Window);
}
