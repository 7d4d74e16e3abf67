using System.Runtime.InteropServices;

namespace Paging.Processors.Unicorn;

//   check_exit_request:  [endbr64]   mov rax,[rdi+…]   cmp byte [rax+SWITCH],0   je …      rdi → the translator, rax → the instance
/// <summary>Chooses where translated code checks for a stop: after every access to memory, or only at the start of a block.</summary>
/// <remarks>
/// The library checks after each access, so that a memory callback can stop it. That is a third of the translated code; and code that stops
/// there has lost its place: EIP becomes the block's first instruction, and executed code is executed again. One byte of the instance
/// switches it off (uc_struct.no_exit_request, made for the IT blocks of ARM). The first instructions of the function that reads it contain
/// its offset; a build that does not export the function, or has other instructions there, has no switch for us.
/// </remarks>
internal static class ExitChecks
{
    private const string Reader = "check_exit_request_x86_64";
    private const int OffsetMax = 1 << 14;    // an instance is some 3 KiB

    /// <summary>Finds the switch. Returns false if this build has none.</summary>
    /// <param name="library">The library's handle.</param>
    /// <param name="instance">The instance that uc_open has made.</param>
    /// <param name="address">The address of the switch: a byte, 0 or 1.</param>
    // SAFETY: an exported function has more than 32 bytes of code; the switch is read only where code of the library reads it.
    public static unsafe bool TryLocate(nint library, nint instance, out nint address)
    {
        address = 0;
        if (!NativeLibrary.TryGetExport(library, Reader, out nint function)) return false;
        ReadOnlySpan<byte> code = new((void*)function, 32);
        if (code.StartsWith((ReadOnlySpan<byte>)[0xF3, 0x0F, 0x1E, 0xFA])) code = code[4..];
        bool isKnown = code.StartsWith((ReadOnlySpan<byte>)[0x48, 0x8B, 0x87]) && code[7..].StartsWith((ReadOnlySpan<byte>)[0x80, 0xB8])
            && code[13] == 0 && code[14] is 0x74 or 0x75 or 0x0F;
        int offset = MemoryMarshal.Read<int>(code[9..]);
        if (!isKnown || offset is < 0 or >= OffsetMax || *(byte*)(instance + offset) != 0) return false;
        address = instance + offset;
        return true;
    }
}
