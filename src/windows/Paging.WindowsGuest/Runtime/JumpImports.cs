using Paging.Processors;
using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

//   00 EBP   04 EBX   08 EDI   0C ESI   10 ESP   14 EIP   18 first frame   1C level   20 cookie   24 function   28 … 3F data
/// <summary>setjmp and longjmp. Frames of exceptions between them are taken off the chain, and their handlers are not called.</summary>
/// <remarks>The layout is that of <c>_JUMP_BUFFER</c> in setjmp.h for x86.</remarks>
internal static class JumpImports
{
    private const uint Ebp = 0, Ebx = 4, Edi = 8, Esi = 12, Esp = 16, Eip = 20, Frame = 24, Level = 28, Cookie = 32, Function = 36;
    private const uint NoLevel = uint.MaxValue, CookieValue = 0x5643_3230;    // "VC20"

    public static ImportedCall[] All { get; } =
    [
        Of("_setjmp", static call => Set(call)),
        Of("_setjmp3", static call => Set(call)),
        Of("longjmp", static call => Jump(call)),
    ];

    /// <summary>Records the point after this call, with the stack as it is after the return.</summary>
    private static uint? Set(RuntimeCall call)
    {
        ref GuestRegisters registers = ref call.Thread.Context.Registers;
        uint place = call[0], first = call.Thread.Block.FirstFrame;
        ReadOnlySpan<(uint Offset, uint Value)> words =
        [
            (Ebp, registers.Ebp), (Ebx, registers.Ebx), (Edi, registers.Edi), (Esi, registers.Esi), (Esp, registers.Esp),
            (Eip, call.Word(registers.Esp)), (Frame, first), (Level, NoLevel), (Cookie, CookieValue), (Function, 0),
        ];
        foreach ((uint offset, uint value) in words) call.PutWord(place + offset, value);
        return 0;
    }

    private static uint? Jump(RuntimeCall call)
    {
        (uint place, uint value) = (call[0], call[1]);
        uint target = call.Word(place + Frame);
        if (call.Runtime.Fault is not null) return null;
        if (target != 0) call.Thread.Block.SetFirstFrame(target);    // 0: the buffer was not filled by setjmp
        ref GuestRegisters registers = ref call.Thread.Context.Registers;
        registers.Ebp = call.Word(place + Ebp);
        registers.Ebx = call.Word(place + Ebx);
        registers.Edi = call.Word(place + Edi);
        registers.Esi = call.Word(place + Esi);
        registers.Esp = call.Word(place + Esp) + 4;    // the return address of setjmp is off the stack
        registers.Eip = call.Word(place + Eip);
        registers.Eax = value == 0 ? 1 : value;    // setjmp returns 0 only at first (C11 7.13.2.1)
        return null;
    }
}
