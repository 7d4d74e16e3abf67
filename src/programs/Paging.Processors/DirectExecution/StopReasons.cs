using Paging.Native;
using static Paging.Processors.ExceptionSignals;

namespace Paging.Processors.DirectExecution;

/// <summary>Converts signals of the host's kernel back to the processor's exceptions.</summary>
/// <remarks>Linux: arch/x86/kernel/traps.c, arch/x86/mm/fault.c; entry_64_compat.S for system calls.</remarks>
/// <param name="ram">The memory that holds the bytes of code.</param>
internal sealed class StopReasons(PhysicalMemory ram)
{
    private readonly AccessDecoder _decoder = new();

    /// <summary>True for a signal that a process of the host has sent.</summary>
    public static bool IsSent(in HostSignalInfo info) =>
        info.Code <= 0 || info.Signal is not (Illegal or Trap or Bus or FloatingPoint or Segment);

    /// <summary>True if it was a page.</summary>
    public static bool IsPageFault(in HostSignalInfo info) => info is { Signal: Segment, Code: NotMapped or NotAllowed };

    /// <summary>True for <c>int 0x80</c> by 32-bit code; <c>syscall</c> and <c>sysenter</c> stop here, too.</summary>
    public bool IsSystemCall(MirroredSpace space, in HostRegisters registers)
    {
        Span<byte> code = stackalloc byte[2];
        VirtualAddress at = new((uint)registers.Rip - 2);
        return registers.Cs == SegmentSelectors.Of64BitKernel.UserCode && Fetch(space, at, code) == 2 && code is [0xCD, 0x80];
    }

    /// <summary>The other entries, which only a vDSO would use: #UD, as of <see cref="Emulation.GuestProcessor"/>.</summary>
    public static ProcessorExit RefuseSystemEntry(GuestContext context)
    {
        context.Registers.Cs = SegmentSelectors.Of64BitKernel.UserCode;
        VirtualAddress at = new(context.Registers.Eip -= 2);
        return new(ProcessorExitKind.Exception, ProcessorVector.InvalidInstruction, 0, default,
            Of(ProcessorVector.InvalidInstruction, at, 0));
    }

    /// <summary>Returns the kind of the program's access to a page.</summary>
    public AccessKind KindOf(MirroredSpace space, GuestContext context, VirtualAddress address, in HostSignalInfo info)
    {
        VirtualAddress eip = new(context.Registers.Eip);
        if (address.Page == eip.Page && !PageMirror.IsExecutable(space[eip.Page])) return AccessKind.Fetch;
        Span<byte> code = stackalloc byte[AccessDecoder.LongestInstruction];
        int length = Fetch(space, eip, code);
        AccessKind kind = _decoder.KindOf(code[..length], context.Registers, address, context.BaseOf(context.Registers.Fs),
            context.BaseOf(context.Registers.Gs));
        bool canBeRead = info.Code == NotAllowed && space[address.Page] != 0;
        return canBeRead && kind == AccessKind.Read ? AccessKind.Write : kind;
    }

    /// <summary>An exception other than a page fault.</summary>
    public ProcessorExit Raise(MirroredSpace space, GuestContext context, int signal, in HostSignalInfo info)
    {
        VirtualAddress eip = new(context.Registers.Eip);
        Span<byte> bytes = stackalloc byte[AccessDecoder.LongestInstruction];
        bytes.Clear();
        ReadOnlySpan<byte> code = bytes[..Math.Max(Fetch(space, eip, bytes), 2)];
        ReadOnlySpan<byte> opcode = AfterPrefixes(code);
        bool loadsSelector = _decoder.TryGetSelector(code, context.Registers, context.BaseOf(context.Registers.Fs),
            context.BaseOf(context.Registers.Gs), space.Process.Memory.Mmu, out uint selector, out bool isStack);
        (ProcessorVector vector, uint errorCode) = signal switch
        {
            Illegal => (ProcessorVector.InvalidInstruction, 0u),
            Trap => (info.Code == FromKernel ? ProcessorVector.Breakpoint : ProcessorVector.Debug, 0u),
            FloatingPoint => (VectorOf(info, opcode), 0u),
            Bus when info.Code == BusAlignment => (ProcessorVector.Alignment, 0u),
            Bus when loadsSelector => (isStack ? ProcessorVector.StackFault : ProcessorVector.SegmentNotPresent, selector),
            Bus => (ProcessorVector.StackFault, 0u),
            _ when IsAfterOverflow(space, context) => (ProcessorVector.Overflow, 0u),
            _ when loadsSelector => (ProcessorVector.GeneralProtection, selector),
            _ when opcode[0] == 0x62 => (ProcessorVector.Bound, 0u),
            _ when opcode[0] == 0xCD => (ProcessorVector.GeneralProtection, ((uint)opcode[1] << 3) | 2),
            _ => (ProcessorVector.GeneralProtection, 0u),
        };
        VirtualAddress reported = info.Code == FromKernel ? default : new((uint)info.Address);
        return new(ProcessorExitKind.Exception, vector, errorCode, default, new(signal, info.Code, reported));
    }

    /// <summary>
    /// True after an <c>int 4</c>, which is never passed, or an <c>into</c> that has found OF set. Both are traps, so EIP is after them.
    /// </summary>
    private bool IsAfterOverflow(MirroredSpace space, GuestContext context)
    {
        const uint overflow = 0x800;
        Span<byte> before = stackalloc byte[2];
        if (Fetch(space, new(context.Registers.Eip - 2), before) == 2 && before is [0xCD, 4]) return true;
        return (context.Registers.Eflags & overflow) != 0 && Fetch(space, new(context.Registers.Eip - 1), before[..1]) == 1
            && before[0] == 0xCE;
    }

    /// <summary>The bytes from the opcode on; two bytes at least. SDM 2A, 2.1.1.</summary>
    private static ReadOnlySpan<byte> AfterPrefixes(ReadOnlySpan<byte> code)
    {
        int at = 0;
        while (at < code.Length - 2 && IsPrefix(code[at])) at++;
        return code[at..];

        static bool IsPrefix(byte one) => one is 0x26 or 0x2E or 0x36 or 0x3E or (>= 0x64 and <= 0x67) or 0xF0 or 0xF2 or 0xF3;
    }

    /// <summary>#DE, or an error of the x87 (whose opcodes begin with D8 to DF, or are fwait), or of SSE.</summary>
    private static ProcessorVector VectorOf(in HostSignalInfo info, ReadOnlySpan<byte> opcode) =>
        info.Code == IntegerDivide ? ProcessorVector.DivideError
            : opcode[0] is (>= 0xD8 and <= 0xDF) or 0x9B ? ProcessorVector.FloatingPoint : ProcessorVector.SimdFloatingPoint;

    /// <summary>The bytes of code that can be fetched, as far as they are shown.</summary>
    private int Fetch(MirroredSpace space, VirtualAddress at, Span<byte> code)
    {
        int length = 0;
        while (length < code.Length)
        {
            VirtualAddress from = at + (uint)length;
            ulong word = space[from.Page];
            if (!PageMirror.IsExecutable(word)) break;
            ReadOnlySpan<byte> page = ram.Bytes(PageMirror.FrameOf(word))[(int)from.OffsetInPage..];
            int count = Math.Min(page.Length, code.Length - length);
            page[..count].CopyTo(code[length..]);
            length += count;
        }

        return length;
    }
}
