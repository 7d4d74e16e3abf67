using System.Runtime.InteropServices;

namespace Paging.Processors.Unicorn;

/// <summary>
/// The functions of Unicorn that are used. Two of them are variadic in C; with integer arguments the calling convention is the same.
/// </summary>
internal static partial class UnicornApi
{
    // Unsafe functions take addresses: the library uses them during the call, except for the host memory and the callbacks, which
    // UnicornMachine keeps until it closes the instance.

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_open")]
    public static partial UnicornError Open(int architecture, int mode, out nint engine);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_close")]
    public static partial UnicornError Close(nint engine);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_mem_map_ptr")]
    public static unsafe partial UnicornError MapHostMemory(nint engine, ulong physical, ulong byteLength, uint protection, byte* host);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_mem_unmap")]
    public static partial UnicornError UnmapMemory(nint engine, ulong physical, ulong byteLength);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_mmio_map")]
    public static unsafe partial UnicornError MapDevice(nint engine, ulong physical, nuint byteLength,
        delegate* unmanaged[Cdecl]<nint, ulong, uint, nint, ulong> load, nint loadUser,
        delegate* unmanaged[Cdecl]<nint, ulong, uint, ulong, nint, void> store, nint storeUser);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_mem_read")]
    public static unsafe partial UnicornError ReadMemory(nint engine, ulong physical, void* bytes, nuint byteLength);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_mem_write")]
    public static unsafe partial UnicornError WriteMemory(nint engine, ulong physical, void* bytes, nuint byteLength);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_emu_start")]
    public static partial UnicornError Start(nint engine, ulong begin, ulong until, ulong timeout, nuint instructionCount);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_emu_stop")]
    public static partial UnicornError Stop(nint engine);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_reg_read")]
    public static unsafe partial UnicornError ReadRegister(nint engine, UnicornRegister register, void* value);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_reg_write")]
    public static unsafe partial UnicornError WriteRegister(nint engine, UnicornRegister register, void* value);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_reg_read_batch")]
    public static unsafe partial UnicornError ReadRegisters(nint engine, UnicornRegister* registers, void** values, int count);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_context_alloc")]
    public static partial UnicornError AllocateContext(nint engine, out nint context);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_context_size")]
    public static partial nuint ContextSize(nint engine);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_context_save")]
    public static partial UnicornError SaveContext(nint engine, nint context);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_context_restore")]
    public static partial UnicornError RestoreContext(nint engine, nint context);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_context_reg_read")]
    public static unsafe partial UnicornError ReadContextRegister(nint context, UnicornRegister register, void* value);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_context_reg_write")]
    public static unsafe partial UnicornError WriteContextRegister(nint context, UnicornRegister register, void* value);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_context_free")]
    public static partial UnicornError FreeContext(nint context);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_hook_add")]
    public static unsafe partial UnicornError AddHook(nint engine, out nuint hook, UnicornHook type, void* callback, nint user,
        ulong begin, ulong end);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_hook_add")]
    public static unsafe partial UnicornError AddInstructionHook(nint engine, out nuint hook, UnicornHook type, void* callback, nint user,
        ulong begin, ulong end, int instruction);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_hook_del")]
    public static partial UnicornError RemoveHook(nint engine, nuint hook);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_ctl")]
    public static partial UnicornError Control(nint engine, UnicornControl control, ulong first, ulong second);

    [LibraryImport(UnicornLibrary.Name, EntryPoint = "uc_strerror")]
    public static partial nint TextOf(UnicornError error);

    /// <summary>Throws for the failure of a call that cannot fail on a working library.</summary>
    public static void Check(UnicornError error, string what)
    {
        if (error != UnicornError.None)
            throw new InvalidOperationException(
                $"Unicorn {UnicornLibrary.Version} cannot {what}: {Marshal.PtrToStringUTF8(TextOf(error))}.");
    }
}
