using System.Text;
using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Images;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Modules: their places, their names, and the functions that they export.</summary>
internal static class ModuleImports
{
    private const uint OrdinalMax = 0xFFFF;    // no pointer lies in the first 64 KB

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("GetModuleHandleA", 1, static call => Find(call, isWide: false)),
        OfKernel32("GetModuleHandleW", 1, static call => Find(call, isWide: true)),
        OfKernel32("GetModuleHandleExA", 3, static call => FindExtended(call, isWide: false)),
        OfKernel32("GetModuleHandleExW", 3, static call => FindExtended(call, isWide: true)),
        OfKernel32("LoadLibraryA", 1, static call => Find(call, isWide: false)),
        OfKernel32("LoadLibraryW", 1, static call => Find(call, isWide: true)),
        OfKernel32("LoadLibraryExA", 3, static call => Find(call, isWide: false)),
        OfKernel32("LoadLibraryExW", 3, static call => Find(call, isWide: true)),
        OfKernel32("FreeLibrary", 1, static call =>
            call.Boolean(TryOwn(call, call[0], out _) ? Win32Error.Success : Win32Error.ModNotFound)),
        OfKernel32("GetProcAddress", 2, static call => FindFunction(call)),
        OfKernel32("GetModuleFileNameA", 3, static call => FileName(call, isWide: false)),
        OfKernel32("GetModuleFileNameW", 3, static call => FileName(call, isWide: true)),
    ];

    private static uint Find(CallFrame call, bool isWide)
    {
        if (call[0] == 0) return call.Program.Image.Value;    // null is the program
        string name = call.ReadText(call[0], isWide) ?? "";
        bool isFound = call.Program.Libraries.TryFindModule(name, out LoadedModule module);
        return isFound ? module.Start.Value : call.Fail(Win32Error.ModNotFound);
    }

    private static uint FindExtended(CallFrame call, bool isWide)
    {
        const uint fromAddress = 4;    // GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS
        uint found = 0;
        if ((call[0] & fromAddress) != 0)
        {
            foreach (LoadedModule one in call.Program.Libraries.Modules)
                if (call[1] - one.Start.Value < one.ByteLength) found = one.Start.Value;    // below the start it wraps
        }
        else if (call[1] == 0) found = call.Program.Image.Value;
        else if (call.Program.Libraries.TryFindModule(call.ReadText(call[1], isWide) ?? "", out LoadedModule module))
            found = module.Start.Value;
        call.WriteWordIfWanted(call[2], found);    // also after a failure: null
        return found != 0 ? 1 : call.Fail(Win32Error.ModNotFound);
    }

    private static uint FindFunction(CallFrame call)
    {
        if (!TryOwn(call, call[0], out LoadedModule module)) return call.Fail(Win32Error.ModNotFound);
        string name = call[1] <= OrdinalMax ? "" : call.ReadText(call[1], isWide: false) ?? "";
        bool isFound = call.Program.Libraries.TryFind(module.Name, name, out VirtualAddress place);
        return isFound ? place.Value : call.Fail(Win32Error.ProcNotFound);
    }

    /// <summary>Writes the name, cut to the room for it. Returns the number of characters, without the zero unless it was cut.</summary>
    private static uint FileName(CallFrame call, bool isWide)
    {
        if (!TryOwn(call, call[0], out LoadedModule module)) return call.Fail(Win32Error.ModNotFound);
        uint room = call[2], length = Math.Min((uint)module.Path.Length + 1, room);
        if (length == 0) return call.Fail(Win32Error.InsufficientBuffer);    // no room for the zero
        Encoding encoding = isWide ? Encoding.Unicode : Encoding.Latin1;
        byte[] bytes = encoding.GetBytes(module.Path[..(int)(length - 1)] + "\0");
        if (!call.Write(call[1], bytes)) return call.Fail(Win32Error.Noaccess);
        bool isCut = length <= (uint)module.Path.Length;
        call.Thread.Block.SetLastError(isCut ? Win32Error.InsufficientBuffer : Win32Error.Success);
        return isCut ? room : length - 1;
    }

    /// <summary>A module by its handle: 0 is the program itself.</summary>
    private static bool TryOwn(CallFrame call, uint handle, out LoadedModule module) =>
        call.Program.Libraries.TryFindModule(handle == 0 ? call.Program.Image : new(handle), out module);
}
