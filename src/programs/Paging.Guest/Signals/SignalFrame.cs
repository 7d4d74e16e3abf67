using System.Buffers.Binary;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Signals;

//  handler's ESP ► ┌──────────────────────────┐          ┌──────────────────────────┐
//                  │ return address           │  0       │ return address           │  0
//                  │ signal                   │  4       │ signal                   │  4
//                  │ sigcontext, 88 bytes     │  8       │ pointers: info, ucontext │  8
//                  │ 624 bytes, unused        │ 96       │ siginfo, 128 bytes       │ 16
//                  │ upper half of the mask   │ 720      │ ucontext, 116 bytes      │ 144
//                  │ code: sigreturn          │ 724      │ code: rt_sigreturn       │ 260
//                  └──────────────────────────┘ 732      └──────────────────────────┘ 268
//                        without SA_SIGINFO                      with SA_SIGINFO
/// <summary>The stack frame of a signal handler, from which the interrupted state can be restored.</summary>
/// <remarks>Linux: arch/x86/kernel/signal_32.c ia32_setup_frame, ia32_setup_rt_frame, ia32_restore_sigcontext; asm/sigframe.h.</remarks>
internal static class SignalFrame
{
    private const int PlainByteLength = 732, InfoByteLength = 268, ContextByteLength = 88;    // asm/sigframe.h, asm/sigcontext.h
    private const int PlainContextAt = 8, PlainMaskAt = 720, PlainCodeAt = 724, InfoAt = 16, UserContextAt = 144, InfoContextAt = 164,
        InfoMaskAt = 252, InfoCodeAt = 260;
    // RestorableFlags: FIX_EFLAGS, the bits that a program could change itself
    private const uint TrapFlag = 0x100, DirectionFlag = 0x400, ResumeFlag = 0x10000, RestorableFlags = 0x4_0CD5 | DirectionFlag
        | ResumeFlag | TrapFlag;

    /// <summary>Writes a frame and sets the registers for the handler. Returns false if the stack has no room.</summary>
    public static bool TryPush(GuestTask task, ref GuestRegisters registers, in SignalAction action, in SignalInfo info, SignalSet mask)
    {
        bool wantsInfo = action.Has(SignalAction.WantsInfo);
        int byteLength = wantsInfo ? InfoByteLength : PlainByteLength;
        VirtualAddress stack = StackFor(task, new(registers.Esp), action);
        VirtualAddress floating = FloatingPointImage.PlaceBelow(stack, task);
        VirtualAddress at = new(((floating - (uint)byteLength + 4).Value & ~15u) - 4);    // the ABI aligns arguments (align_sigframe)
        AlternateStack alternate = task.AlternateStack;
        // it would not fit
        if (alternate.Contains(stack - 1) && (at < alternate.Start || at >= alternate.End)) return false;

        Span<byte> frame = stackalloc byte[PlainByteLength];
        frame = frame[..byteLength];
        frame.Clear();
        if (wantsInfo) FillInfo(frame, at, task, registers, info, mask, floating);
        else FillPlain(frame, task, registers, mask, floating);
        Put(frame, 0, (action.Has(SignalAction.HasRestorer) ? action.Restorer : at + (uint)(wantsInfo ? InfoCodeAt : PlainCodeAt)).Value);
        Put(frame, 4, (uint)info.Signal);
        if (!FloatingPointImage.TrySave(task, floating) || !task.User.TryCopyTo(at, frame)) return false;

        if ((alternate.Flags & AlternateStack.AutoDisarm) != 0) task.AlternateStack = AlternateStack.None;
        registers.Esp = at.Value;
        registers.Eip = action.Handler.Value;
        registers.Eax = (uint)info.Signal;
        registers.Edx = wantsInfo ? at.Value + InfoAt : 0;    // in registers too, for handlers compiled with -mregparm=3
        registers.Ecx = wantsInfo ? at.Value + UserContextAt : 0;
        registers.Eflags &= ~(TrapFlag | DirectionFlag | ResumeFlag);    // the ABI calls functions with DF clear
        task.Context.ResetSegments();
        return true;
    }

    /// <summary>sigreturn: pops a frame without siginfo. Returns false if it cannot be read.</summary>
    public static bool TryPop(GuestTask task, ref GuestRegisters registers)
    {
        Span<byte> frame = stackalloc byte[PlainCodeAt];
        if (!task.User.TryCopyFrom(new(registers.Esp - 8), frame)) return false;    // the handler's ret and pop have taken two words
        ulong mask = Get(frame, PlainContextAt + 80) | ((ulong)Get(frame, PlainMaskAt) << 32);
        task.BlockedSignals = new SignalSet(mask).Blockable;    // the frame is the program's: it may hold anything
        return Restore(task, ref registers, frame[PlainContextAt..]);
    }

    /// <summary>rt_sigreturn.</summary>
    public static bool TryPopWithInfo(GuestTask task, ref GuestRegisters registers)
    {
        Span<byte> frame = stackalloc byte[InfoCodeAt];
        if (!task.User.TryCopyFrom(new(registers.Esp - 4), frame)) return false;    // only its ret
        task.BlockedSignals = new SignalSet(BinaryPrimitives.ReadUInt64LittleEndian(frame[InfoMaskAt..])).Blockable;
        if (!Restore(task, ref registers, frame[InfoContextAt..])) return false;
        AlternateStack kept = new(new(Get(frame, UserContextAt + 8)), Get(frame, UserContextAt + 16), Get(frame, UserContextAt + 12));
        _ = task.Arm(kept, new(registers.Esp));    // what sigaltstack(2) refuses changes nothing (restore_altstack)
        return true;
    }

    private static VirtualAddress StackFor(GuestTask task, VirtualAddress stackPointer, in SignalAction action)
    {
        AlternateStack alternate = task.AlternateStack;
        return action.Has(SignalAction.OnStack) && alternate.IsEnabled && !alternate.Contains(stackPointer)
            ? alternate.End : stackPointer;
    }

    private static void FillPlain(Span<byte> frame, GuestTask task, in GuestRegisters registers, SignalSet mask, VirtualAddress floating)
    {
        FillContext(frame[PlainContextAt..], task, registers, mask, floating);
        Put(frame, PlainMaskAt, (uint)(mask.Bits >> 32));
        ReadOnlySpan<byte> code = [0x58, 0xB8, 119, 0, 0, 0, 0xCD, 0x80];    // pop eax; mov eax, sigreturn; int 0x80
        code.CopyTo(frame[PlainCodeAt..]);
    }

    private static void FillInfo(Span<byte> frame, VirtualAddress at, GuestTask task, in GuestRegisters registers, in SignalInfo info,
        SignalSet mask, VirtualAddress floating)
    {
        Put(frame, 8, at.Value + InfoAt);
        Put(frame, 12, at.Value + UserContextAt);
        WriteInfo(frame.Slice(InfoAt, 128), info);
        AlternateStack alternate = task.AlternateStack;
        Put(frame, UserContextAt + 8, alternate.Start.Value);
        Put(frame, UserContextAt + 12, alternate.StateAt(new(registers.Esp)) | (alternate.Flags & AlternateStack.AutoDisarm));
        Put(frame, UserContextAt + 16, alternate.ByteLength);
        FillContext(frame[InfoContextAt..], task, registers, mask, floating);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[InfoMaskAt..], mask.Bits);
        ReadOnlySpan<byte> code = [0xB8, 173, 0, 0, 0, 0xCD, 0x80, 0];    // mov eax, rt_sigreturn; int 0x80
        code.CopyTo(frame[InfoCodeAt..]);
    }

    /// <summary>siginfo_t: three words, then the fields of the signal.</summary>
    public static void WriteInfo(Span<byte> bytes, in SignalInfo info)
    {
        bytes.Clear();
        Put(bytes, 0, (uint)info.Signal);
        Put(bytes, 8, (uint)info.Code);
        Put(bytes, 12, info.First);
        Put(bytes, 16, info.Second);
        Put(bytes, 20, info.Third);
    }

    private static void FillContext(Span<byte> context, GuestTask task, in GuestRegisters registers, SignalSet mask,
        VirtualAddress floating)
    {
        Span<uint> words =
        [
            registers.Gs & 0xFFFF, registers.Fs & 0xFFFF, registers.Es & 0xFFFF, registers.Ds & 0xFFFF,
            registers.Edi, registers.Esi, registers.Ebp, registers.Esp, registers.Ebx, registers.Edx, registers.Ecx, registers.Eax,
            task.LastFault.Trap, task.LastFault.Error, registers.Eip, registers.Cs & 0xFFFF, registers.Eflags, registers.Esp,
                registers.Ss & 0xFFFF,
            floating.Value, (uint)mask.Bits, task.LastFault.Address,
        ];
        for (int i = 0; i < ContextByteLength / 4; i++) Put(context, i * 4, words[i]);
    }

    /// <summary>Converts a data selector in a frame as sigreturn(2) of a 64-bit kernel does. Linux: reload_segments.</summary>
    private static uint RestoredSelector(uint selector) => (selector & 0xFFFF) is var shown and > 3 ? shown | 3 : 0;

    private static bool Restore(GuestTask task, ref GuestRegisters registers, ReadOnlySpan<byte> context)
    {
        registers.Gs = RestoredSelector(Get(context, 0));
        registers.Fs = RestoredSelector(Get(context, 4));
        registers.Es = RestoredSelector(Get(context, 8));
        registers.Ds = RestoredSelector(Get(context, 12));
        registers.Edi = Get(context, 16);
        registers.Esi = Get(context, 20);
        registers.Ebp = Get(context, 24);
        registers.Esp = Get(context, 28);
        registers.Ebx = Get(context, 32);
        registers.Edx = Get(context, 36);
        registers.Ecx = Get(context, 40);
        registers.Eax = Get(context, 44);
        registers.Eip = Get(context, 56);
        registers.Cs = (Get(context, 60) & 0xFFFF) | 3;    // else a frame could return to the kernel's privilege
        registers.Ss = (Get(context, 72) & 0xFFFF) | 3;    // a forged frame must not lower the privilege level
        registers.Eflags = (registers.Eflags & ~RestorableFlags) | (Get(context, 64) & RestorableFlags);
        uint floating = Get(context, 76);
        return FloatingPointImage.TryRestore(task, new(floating));
    }

    private static uint Get(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
