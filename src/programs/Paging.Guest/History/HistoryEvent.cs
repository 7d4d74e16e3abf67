using System.Runtime.InteropServices;
using Paging.Processors;

namespace Paging.Guest.History;

/// <summary>What the kernel has changed between two instructions of the program.</summary>
internal struct HistoryEvent
{
    /// <summary>Where in the execution: bytes of code executed before it.</summary>
    public long Position;

    /// <summary>Registers after it.</summary>
    public GuestRegisters After;

    /// <summary>Of the registers before it, to find out whether a replay has come the same way.</summary>
    public uint Check;

    /// <summary>The signal that the program was stopped with; 0: none.</summary>
    public byte Signal;

    /// <summary>It is a system call, whose instruction lies before it.</summary>
    public bool IsSystemCall;

    /// <summary>What was written to memory: <see cref="HistoryBytes"/>.</summary>
    public HistoryPlace Writes;

    /// <summary>The state after it, where that cannot be made of registers and bytes alone; null: it can.</summary>
    public HistoryMoment? Outcome;

    /// <summary>
    /// How far the position moves: not for a system call, whose instruction has been counted; by 1 for what comes between two
    /// instructions, so that the program before it and the program after it have positions of their own.
    /// </summary>
    public readonly int Length => IsSystemCall ? 0 : 1;

    /// <summary>True if all registers are the same.</summary>
    public static bool AreSame(in GuestRegisters one, in GuestRegisters other) => WordsOf(one).SequenceEqual(WordsOf(other));

    /// <summary>A checksum of all registers but the flags, of which some are not defined after some instructions.</summary>
    public static uint CheckOf(GuestRegisters registers)
    {
        registers.Eflags = 0;
        uint sum = 0;
        foreach (uint word in WordsOf(registers)) sum = (sum ^ word) * 0x0100_0193;
        return sum;
    }

    private static ReadOnlySpan<uint> WordsOf(in GuestRegisters registers) =>
        MemoryMarshal.Cast<GuestRegisters, uint>(new ReadOnlySpan<GuestRegisters>(in registers));
}
