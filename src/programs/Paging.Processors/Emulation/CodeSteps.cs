using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   a store faults on a page of code ──► the page can be written, its code is dropped ──► again: the instruction is translated anew …
//       … and its own page is that page: it faults again ──► it runs alone, with TF, and the page stays writable meanwhile
/// <summary>Executes single instructions that store into a page of their own block, which would fault for ever.</summary>
internal sealed class CodeSteps(UnicornMachine machine, MemoryCoherence memory)
{
    private const uint TrapFlag = 0x100;

    private (uint Eip, PageNumber Page)? _last;    // the last store that has faulted on code
    private bool _isDue, _pushesFlags;
    private bool _hasTrap;    // TF was set here

    /// <summary>Notes a store that has dropped code, and is made again.</summary>
    /// <returns>True if the program continues once the code is dropped.</returns>
    public bool NoteFault(PageNumber page)
    {
        uint eip = machine.Read(UnicornRegister.Eip);
        _isDue |= _last == (eip, page);
        _last = (eip, page);
        return true;
    }

    /// <summary>Makes the next instruction run alone, with the pages of its code open (<see cref="ClosedPages"/>).</summary>
    public void StepAlone() => _isDue = true;

    /// <summary>Continues the program, by a single step if one is due. A program that traps by itself needs no flag.</summary>
    public void Begin(uint eip)
    {
        if (!_isDue) return;
        memory.IsStepping = true;
        uint flags = machine.Read(UnicornRegister.Eflags);
        if ((flags & TrapFlag) != 0) return;
        Span<byte> code = stackalloc byte[2];
        code.Clear();
        if (memory.ReadCode(new(eip), code) == 0) memory.Process!.Memory.Mmu.CopyOut(new(eip), code, out _);    // memory of the host's
        _pushesFlags = code[0] == 0x9C || (code[0] == 0x66 && code[1] == 0x9C);
        machine.Write(UnicornRegister.Eflags, flags | TrapFlag);
        machine.Budget.Extend(BlockBudget.LongestInstruction);
        _hasTrap = true;
    }

    /// <summary>Notes the library's return.</summary>
    /// <param name="vector">The exception that it has come back with; negative: none.</param>
    /// <returns>True if it is the end of the single step, which is hidden from the program.</returns>
    public bool End(int vector)
    {
        if (!_isDue) return false;
        memory.EndStep();
        bool isOver = vector == (int)ProcessorVector.Debug;
        if (isOver) _last = null;
        _isDue = vector == (int)ProcessorVector.PageFault;    // not over: a fault that it goes on after, or it never will
        if (!_hasTrap) return false;
        _hasTrap = false;
        if (isOver) _ = machine.EndException(out _);
        machine.Write(UnicornRegister.Eflags, machine.Read(UnicornRegister.Eflags) & ~TrapFlag);
        if (isOver && _pushesFlags) ClearPushedTrap();
        return isOver;
    }

    private void ClearPushedTrap()
    {
        Mmu mmu = memory.Process!.Memory.Mmu;
        VirtualAddress at = new(machine.Read(UnicornRegister.Esp) + 1);
        if (mmu.TryRead(at, out byte flags)) mmu.Write(at, (byte)(flags & ~(TrapFlag >> 8)));
    }
}
