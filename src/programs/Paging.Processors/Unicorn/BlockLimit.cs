using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Processors.Unicorn;

//   tb_gen_code:  …   cmp eax, 512   mov eax, 512   cmovb eax, …        → the most instructions that are translated at once
/// <summary>Limits the number of instructions that the library translates at once.</summary>
/// <remarks>
/// The translator takes two temporaries for each x87 instruction and gives them back only at the end of the block. It has 512, and does not
/// check: some 230 such instructions without a jump, as in an MP3 decoder, make it write beyond its arrays, so that a guest could end this
/// process or worse. With 100 instructions to a block they suffice for any program. The limit is an operand in the library's code; a build
/// with other instructions there keeps its own. Source: unicorn-engine/unicorn, pull request 2307.
/// </remarks>
internal static partial class BlockLimit
{
    /// <summary>The most instructions of a block.</summary>
    public const int InstructionMax = 100;

    private const string Translator = "tb_gen_code_x86_64";
    private const int SearchLength = 256;    // the limit is computed at the function's beginning; all of it is some 2 KiB
    private const int OperandOffset = 6, OperandLength = sizeof(int);
    private const int ReadWriteExecute = 7, ReadExecute = 5;

    private static ReadOnlySpan<byte> Computation =>
        [0x3D, 0x00, 0x02, 0x00, 0x00, 0xB8, 0x00, 0x02, 0x00, 0x00, 0x0F, 0x42];

    /// <summary>Sets the limit, before anything is translated. False: this build computes it in another way, or the host refuses.</summary>
    /// <param name="library">The library's handle.</param>
    // SAFETY: an exported function of that name has more code than is searched; only its own operand is changed, in this process's copy.
    public static unsafe bool TryShorten(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, Translator, out nint function)) return false;
        ReadOnlySpan<byte> code = new((void*)function, SearchLength);
        int at = code.IndexOf(Computation);
        if (at < 0) return false;
        nint operand = function + at + OperandOffset, page = operand & -(nint)VirtualAddress.PageSize;
        nuint byteLength = (nuint)(operand + OperandLength - page);
        if (Protect(page, byteLength, ReadWriteExecute) != 0) return false;
        Marshal.WriteInt32(operand, InstructionMax);
        return Protect(page, byteLength, ReadExecute) == 0;
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint byteLength, int protection);
}
