using Paging.Native;
using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Modules: their places, and the functions that they export.</summary>
internal static class ModuleImports
{
    private const uint OrdinalMax = 0xFFFF;    // no pointer lies in the first 64 KB

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("GetModuleHandleA", 1, static call => Find(call, isWide: false)),
        OfKernel32("GetModuleHandleW", 1, static call => Find(call, isWide: true)),
        OfKernel32("LoadLibraryA", 1, static call => Find(call, isWide: false)),
        OfKernel32("FreeLibrary", 1, static call =>
            call.Boolean(call.Program.Libraries.TryFindName(call.Address(0), out _) ? Win32Error.Success : Win32Error.ModNotFound)),
        OfKernel32("GetProcAddress", 2, static call => FindFunction(call)),
    ];

    private static uint Find(CallFrame call, bool isWide)
    {
        if (call[0] == 0) return call.Program.Image.Value;    // null is the program
        bool isFound = call.Program.Libraries.TryFindModule(call.ReadText(call[0], isWide) ?? "", out VirtualAddress start);
        return isFound ? start.Value : call.Fail(Win32Error.ModNotFound);
    }

    private static uint FindFunction(CallFrame call)
    {
        if (!call.Program.Libraries.TryFindName(call.Address(0), out string module)) return call.Fail(Win32Error.ModNotFound);
        string name = call[1] <= OrdinalMax ? "" : call.ReadText(call[1], isWide: false) ?? "";
        bool isFound = call.Program.Libraries.TryFind(module, name, out VirtualAddress place);
        return isFound ? place.Value : call.Fail(Win32Error.ProcNotFound);
    }
}
