using Iced.Intel;
using Paging.Core;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Checking;

/// <summary>Checks each instruction of one thread after its execution.</summary>
internal sealed class StepCheck(CheckedTask task, CheckedMemory memory, MemoryReports reports)
{
    private const uint InstructionLengthMax = 15;    // longer ones raise #GP

    private readonly UninitializedRules _rules = new(task);

    /// <summary>Notes whether the next instruction begins a string function, and checks the strings passed to it.</summary>
    public void Enter(DecodedStep step, uint stackPointer)
    {
        if (task.StringFunctionAt < stackPointer) task.StringFunctionAt = null;
        if (step.Resolver is { } name) task.Resolver = (name, stackPointer);
        if (step.StringFunction is not { } function || task.StringFunctionAt is not null) return;
        task.StringFunctionAt = stackPointer;
        task.MayLoadBeyond = StringFunctions.LoadsBeyond(function);
        uint strings = StringFunctions.StringsOf(function);
        for (uint i = 0; strings >> (int)i != 0; i++)
        {
            if ((strings >> (int)i & 1) == 0 || !memory.Space.Mmu.TryRead(new(stackPointer + ((i + 1) * 4)), out uint text)) continue;
            if (!TryFindBad(new(text), out VirtualAddress bad, out ByteState state) || memory.IsLoader(step.Address)) continue;
            (MemoryErrorKind kind, string what) = state == ByteState.Uninitialized
                ? (MemoryErrorKind.Condition, $"{function} reads uninitialized bytes")
                : (MemoryErrorKind.InvalidRead, $"{function} reads on at {bad}, with no zero before");
            reports.Add(kind, what, task.StackFrom(step.Address), bad, memory);
        }
    }

    /// <summary>Finds the first byte of a string that is not good. The function's own loads may reach beyond the string's zero.</summary>
    private bool TryFindBad(VirtualAddress text, out VirtualAddress bad, out ByteState state)
    {
        state = ByteState.Good;
        for (bad = text; memory.Space.Mmu.TryRead(bad, out byte letter); bad += 1)
        {
            state = memory.Shadow[bad];
            if (state != ByteState.Good) return true;
            if (letter == 0) return false;
        }

        return false;
    }

    /// <summary>Checks the last executed instruction, and follows ESP. Called at the next instruction, or in the kernel.</summary>
    /// <param name="stackPointer">ESP now.</param>
    public void Advance(uint stackPointer)
    {
        if (task.IsExecuted) Finish(stackPointer);
        else if (task.StackPointer is { } before && before != stackPointer) MoveStack(before, stackPointer, byKernel: true);
        task.StackPointer = stackPointer;
    }

    /// <summary>Reports an access to an address where nothing is mapped. The instruction was not executed, so none was passed.</summary>
    /// <param name="bad">The address that faulted.</param>
    /// <param name="at">EIP.</param>
    /// <param name="isStore">True if the page fault's error code reports a store.</param>
    public void ReportFault(VirtualAddress bad, VirtualAddress at, bool isStore)
    {
        if (bad.Value - at.Value < InstructionLengthMax)    // the fault is in the instruction's own bytes: a fetch
        {
            reports.Add(MemoryErrorKind.InvalidJump, $"jump to {at}, where nothing is mapped", task.StackFrom(at), bad, memory);
            return;
        }

        int operand = task.Step is { } step && step.Address == at ? step.Instruction.MemorySize.GetSize() : 0;
        uint byteLength = operand == 0 ? sizeof(uint) : (uint)operand;    // push and its like name no operand in memory
        reports.Add(isStore ? MemoryErrorKind.InvalidWrite : MemoryErrorKind.InvalidRead,
            $"invalid {(isStore ? "write" : "read")} of {MemoryReports.Bytes(byteLength)} at {bad}, where nothing is mapped",
            task.StackFrom(at), bad, memory);
    }

    /// <summary>Checks the instruction that was executed.</summary>
    /// <param name="stackPointer">ESP after it.</param>
    private void Finish(uint stackPointer)
    {
        DecodedStep step = task.Step!;
        uint before = task.StackPointer!.Value;
        if (stackPointer < before) MoveStack(before, stackPointer, byKernel: false);    // before its stores: push writes the new stack
        bool isClean = task.Registers.IsClean;
        foreach (GuestAccess access in task.Accesses) isClean &= Check(step, access);
        if (!isClean)
        {
            CheckUse(step);
            _rules.Apply(step.Instruction, memory);
        }

        if (stackPointer > before) MoveStack(before, stackPointer, byKernel: false);    // after its loads: pop reads the old stack
        if (step.IsCall && stackPointer < before) task.Call(stackPointer, step.Next);
        task.IsExecuted = false;
        task.Accesses.Clear();
    }

    /// <summary>Marks the stack below a moved ESP unaddressable, and newly allocated stack uninitialized.</summary>
    /// <param name="from">ESP before.</param>
    /// <param name="to">ESP now.</param>
    /// <param name="byKernel">True if a signal's frame was stored there, or the checker has returned from a function.</param>
    private void MoveStack(uint from, uint to, bool byKernel)
    {
        if (CheckedTask.IsSameStack(from, to))
        {
            if (to < from) memory.Mark(new(to), from - to, byKernel ? ByteState.Good : ByteState.Uninitialized);
            else memory.Mark(new(from), to - from, ByteState.Unaddressable);
        }

        task.LeaveCallsBelow(to);
    }

    /// <summary>Checks a load or store. Returns true if its uninitialized bits need not be followed.</summary>
    private bool Check(DecodedStep step, in GuestAccess access)
    {
        uint byteLength = (uint)access.ByteLength;
        if (!memory.Shadow.TryFind(access.Address, byteLength, alsoUninitialized: true, out VirtualAddress bad)) return true;
        bool isStore = access.Kind == GuestAccessKind.Store;
        bool isRefused = memory.Shadow.TryFind(bad, byteLength - (bad - access.Address), alsoUninitialized: false, out bad);
        if (isRefused && !IsPartial(access, isStore))
        {
            reports.Add(isStore ? MemoryErrorKind.InvalidWrite : MemoryErrorKind.InvalidRead,
                $"invalid {(isStore ? "write" : "read")} of {MemoryReports.Bytes(byteLength)} at {access.Address}",
                task.StackFrom(step.Address), bad, memory);
            return true;    // one report is enough: the loaded bytes count as good
        }

        if (!isStore) return access.Kind == GuestAccessKind.Load && memory.EndsString(access.Address, access.ByteLength);
        if (task.Registers.IsClean) memory.StoreBits(access.Address, access.ByteLength, 0);
        return task.Registers.IsClean;
    }

    /// <summary>Returns true for a load of a word, aligned or of a string, that touches an addressable byte.</summary>
    /// <remarks>Source: valgrind, --partial-loads-ok.</remarks>
    private bool IsPartial(in GuestAccess access, bool isStore)
    {
        int length = access.ByteLength;
        bool isAligned = access.Address.Value % (uint)length == 0 || (task.StringFunctionAt is not null && task.MayLoadBeyond);
        if (isStore || length is not (4 or 8 or 16) || !isAligned) return false;
        for (uint i = 0; i < (uint)length; i++)
            if (memory.Shadow[access.Address + i] != ByteState.Unaddressable) return true;
        return false;
    }

    /// <summary>Reports a use of uninitialized bits, except in the loader. Source: valgrind's default.supp, dl-hack3-cond.</summary>
    private void CheckUse(DecodedStep step)
    {
        if (task.StringFunctionAt is not null || memory.IsLoader(step.Address)) return;
        ref readonly Instruction instruction = ref step.Instruction;
        if (instruction.FlowControl == FlowControl.ConditionalBranch && _rules.DependsOnBadFlags(instruction.ConditionCode))
            reports.Add(MemoryErrorKind.Condition, "a branch depends on uninitialized bytes",
                task.StackFrom(step.Address), task.Registers.Origin, memory);
        if (_rules.UsesBadAddress(instruction))
            reports.Add(MemoryErrorKind.Address, "an address is computed from uninitialized bytes",
                task.StackFrom(step.Address), task.Registers.Origin, memory);
    }
}
