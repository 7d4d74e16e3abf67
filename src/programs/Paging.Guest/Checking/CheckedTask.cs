using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Checking;

/// <summary>The checked state of one thread: its instruction, its calls, and the uninitialized bits of its registers.</summary>
internal sealed class CheckedTask
{
    private const uint StackMax = 2 << 20;    // a larger step of ESP is a change of stacks. Source: valgrind, --max-stackframe

    private readonly List<(uint At, VirtualAddress Return)> _calls;

    public CheckedTask() => _calls = [];

    /// <summary>Copies the calls of a thread for its child, which begins on a copy of its stack.</summary>
    public CheckedTask(CheckedTask parent) => _calls = new(parent._calls);

    /// <summary>The task's checker, in the memory of its program; null before its first run.</summary>
    public StepCheck? Check { get; set; }

    /// <summary>The instruction that is being executed; null before the first.</summary>
    public DecodedStep? Step { get; set; }

    /// <summary>True once the instruction has been executed.</summary>
    public bool IsExecuted { get; set; }

    /// <summary>The loads and stores of the instruction, in order.</summary>
    public List<GuestAccess> Accesses { get; } = [];

    /// <summary>ESP before the instruction; null before the first.</summary>
    public uint? StackPointer { get; set; }

    /// <summary>The uninitialized bits of its registers.</summary>
    public UninitializedRegisters Registers { get; } = new();

    /// <summary>ESP at the entry of the string function that it is in; null if in none.</summary>
    public uint? StringFunctionAt { get; set; }

    /// <summary>True if the string function may load bytes beyond its string.</summary>
    public bool MayLoadBeyond { get; set; }

    /// <summary>The name that the resolver it is in is to find, and ESP at its entry; null if in none.</summary>
    public (string Name, uint StackPointer)? Resolver { get; set; }

    /// <summary>Returns its stack, from an instruction outwards.</summary>
    public CallStack StackFrom(VirtualAddress at)
    {
        VirtualAddress[] frames = new VirtualAddress[Math.Min(_calls.Count + 1, CallStack.FrameMax)];
        frames[0] = at;
        for (int i = 1; i < frames.Length; i++) frames[i] = _calls[^i].Return;
        return new(frames);
    }

    /// <summary>Returns the task's stack without the innermost call, which the checker handles itself.</summary>
    public CallStack StackOfCaller(VirtualAddress returnAddress)
    {
        if (_calls.Count != 0 && _calls[^1].Return == returnAddress) _calls.RemoveAt(_calls.Count - 1);
        return StackFrom(returnAddress);
    }

    /// <summary>Notes a call that has stored its return address.</summary>
    public void Call(uint at, VirtualAddress returnAddress) => _calls.Add((at, returnAddress));

    /// <summary>Drops the calls below ESP, which have returned.</summary>
    public void LeaveCallsBelow(uint stackPointer)
    {
        while (_calls.Count != 0 && _calls[^1].At < stackPointer) _calls.RemoveAt(_calls.Count - 1);
    }

    /// <summary>Returns true if ESP has moved within one stack.</summary>
    public static bool IsSameStack(uint from, uint to) => Math.Max(from, to) - Math.Min(from, to) < StackMax;
}
