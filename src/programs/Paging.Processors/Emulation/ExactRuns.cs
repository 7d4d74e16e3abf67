using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   block:  a ──────► x ─────────► end       charged with all its bytes when it begins
//                     └ fault, breakpoint: the bytes from x on are given back, so the position is that of x
/// <summary>
/// Positions in an execution, exact to the instruction, and runs that end at a position, as a debugger needs them to go back.
/// </summary>
/// <remarks>
/// A position is the number of code bytes that were executed, so each instruction has its own. It does not depend on how the code was cut
/// into blocks, nor on page faults, breakpoints and single steps in between. A repeated string instruction counts once for each
/// element, and once for finding that none is left. Cost: some tests for each entry into the library and each page fault.
/// </remarks>
public sealed class ExactRuns
{
    private const uint TrapFlag = 0x100;
    private const byte PushFlags = 0x9C, OperandSize = 0x66;

    private readonly GuestProcessor _processor;
    private readonly MemoryCoherence _memory;
    private readonly ContextStore _contexts;
    private readonly AccessDecoder _decoder = new();
    private bool _isPush, _isRepeated, _isComparing, _repeatsWhileEqual;    // the instruction that is stepped
    private uint _steppedAt, _countBefore;

    internal ExactRuns(GuestProcessor processor, MemoryCoherence memory, ContextStore contexts)
    {
        (_processor, _memory, _contexts) = (processor, memory, contexts);
        _ = processor.Debug;
    }

    /// <summary>Bytes of code executed so far, of all contexts.</summary>
    public long Position { get; private set; }

    /// <summary>Adds the bytes of a run that has ended.</summary>
    internal void Add(long codeBytes) => Position += codeBytes;

    /// <summary>Runs the task switched to up to a position; if there is no instruction at it, to the first one after it.</summary>
    /// <returns>Stopped, if the position was reached; otherwise the exit that has ended the run before.</returns>
    /// <remarks>Also ends as stopped if another thread has requested a stop.</remarks>
    public ProcessorExit RunTo(long position)
    {
        while (Position < position)
        {
            ProcessorExit exit = _processor.RunOn(position - Position);
            if (exit.Kind != ProcessorExitKind.Stopped || Position >= position) return exit;
            if (!_processor.Machine.Budget.HasStopped) return exit;    // a requested stop
            while (Position < position)    // the next block ends after the position: all but its last instruction run once, in order
            {
                exit = Step();
                if (exit is not { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.Debug }) return exit;
            }
        }

        return new(ProcessorExitKind.Stopped);
    }

    /// <summary>Executes one instruction: the exit is that of a debug exception, unless something else has happened first.</summary>
    public ProcessorExit Step()
    {
        (_, GuestContext context) = _contexts.RequireSwitched();
        context.Registers.Eflags |= TrapFlag;
        ProcessorExit exit = _processor.Run();
        context.Registers.Eflags &= ~TrapFlag;
        return exit;
    }

    /// <summary>True if the next instruction of the task switched to stores to some bytes, even if it does not change them.</summary>
    /// <param name="at">The first byte.</param>
    /// <param name="byteLength">The number of bytes. Of a repeated string instruction only the next element counts.</param>
    public bool StoresTo(VirtualAddress at, uint byteLength)
    {
        (UserProcess process, GuestContext context) = _contexts.RequireSwitched();
        ref GuestRegisters registers = ref context.Registers;
        Span<byte> code = stackalloc byte[AccessDecoder.LongestInstruction];
        code = code[..process.Memory.Mmu.CopyOut(new(registers.Eip), code, out _)];
        return _decoder.Touches(code, registers, at, byteLength, context.BaseOf(registers.Fs), context.BaseOf(registers.Gs), isLoad: false);
    }

    /// <summary>Called before the library executes.</summary>
    /// <param name="eip">The first instruction.</param>
    /// <param name="flags">The program's flags.</param>
    internal void Begin(uint eip, uint flags)
    {
        UnicornMachine machine = _processor.Machine;
        machine.Budget.ForgetBlock();
        (_isPush, _isRepeated) = (false, false);
        if ((flags & TrapFlag) == 0 && !_memory.IsStepping) return;
        Span<byte> code = stackalloc byte[(int)BlockBudget.LongestInstruction];
        code = code[.._memory.Process!.Memory.Mmu.CopyOut(new(eip), code, out _)];
        _steppedAt = eip;
        Decode(code);
        if (_isRepeated) _countBefore = machine.Read(UnicornRegister.Ecx);
    }

    /// <summary>Notes a page fault that is resolved inside the library: a new block begins at its instruction.</summary>
    internal void Resume(uint eip)
    {
        BlockBudget budget = _processor.Machine.Budget;
        budget.Return(budget.RestOfBlock(eip));
        budget.ForgetBlock();
    }

    /// <summary>Notes the library's return.</summary>
    /// <param name="eip">The instruction that comes next.</param>
    /// <param name="hasStepped">True if the instruction before it was executed alone.</param>
    internal void End(uint eip, bool hasStepped)
    {
        BlockBudget budget = _processor.Machine.Budget;
        if (!hasStepped)
        {
            if (!budget.HasStopped && budget.RestOfBlock(eip) is > 0 and var rest) budget.Return(rest);
            return;
        }

        if (_isPush) ClearPushedTrap();
        if (_isRepeated && eip != _steppedAt && HasFoundNoneLeft()) budget.Return(-(eip - _steppedAt));
    }

    /// <summary>True if the instruction would have tested its count again had it not been stepped.</summary>
    private bool HasFoundNoneLeft()
    {
        const uint ZeroFlag = 0x40;
        UnicornMachine machine = _processor.Machine;
        if (_countBefore == 0 || machine.Read(UnicornRegister.Ecx) != 0) return false;
        bool isEqual = (machine.Read(UnicornRegister.Eflags) & ZeroFlag) != 0;
        return !_isComparing || isEqual == _repeatsWhileEqual;
    }

    /// <summary>Finds an instruction of interest: a push of the flags, or a repeated string instruction.</summary>
    private void Decode(ReadOnlySpan<byte> code)
    {
        bool hasRepeat = false;
        for (int i = 0; i < code.Length; i++)
        {
            switch (code[i])
            {
                case 0xF2 or 0xF3:
                    (hasRepeat, _repeatsWhileEqual) = (true, code[i] == 0xF3);
                    continue;
                case OperandSize or 0x67 or 0xF0 or 0x2E or 0x36 or 0x3E or 0x26 or 0x64 or 0x65:
                    continue;
                case PushFlags:
                    _isPush = true;
                    return;
                case (>= 0xA4 and <= 0xA7) or (>= 0xAA and <= 0xAF):
                    _isRepeated = hasRepeat;
                    _isComparing = code[i] is 0xA6 or 0xA7 or 0xAE or 0xAF;
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>The flag that is ours is on the program's stack.</summary>
    private void ClearPushedTrap()
    {
        Mmu mmu = _memory.Process!.Memory.Mmu;
        VirtualAddress at = new(_processor.Machine.Read(UnicornRegister.Esp) + 1);
        if (mmu.TryRead(at, out byte flags)) mmu.Write(at, (byte)(flags & ~(TrapFlag >> 8)));
    }
}
