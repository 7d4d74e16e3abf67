using System.Runtime.InteropServices;
using Paging.Processors;

namespace Paging.Guest.History;

/// <summary>The kernel's changes between two instructions of the program.</summary>
internal struct HistoryEvent
{
    /// <summary>The event's position: the bytes of code executed before it.</summary>
    public long Position;

    /// <summary>Registers after it.</summary>
    public GuestRegisters After;

    /// <summary>A checksum of the registers before it, to verify a replay.</summary>
    public uint Check;

    /// <summary>The signal of the program's stop; 0 for none.</summary>
    public byte Signal;

    /// <summary>True for a system call, whose instruction precedes the event.</summary>
    public bool IsSystemCall;

    /// <summary>The writes to memory, in <see cref="HistoryBytes"/>.</summary>
    public HistoryPlace Writes;

    /// <summary>The state after it, if registers and bytes are not enough to restore it; otherwise null.</summary>
    public HistoryMoment? Outcome;

    /// <summary>
    /// The growth of the position: 0 for a system call, whose instruction is counted already; 1 for an event between two instructions, so
    /// that the states before and after it have different positions.
    /// </summary>
    public readonly int Length => IsSystemCall ? 0 : 1;

    /// <summary>Returns true if all registers are equal.</summary>
    public static bool AreSame(in GuestRegisters one, in GuestRegisters other) => WordsOf(one).SequenceEqual(WordsOf(other));

    /// <summary>Returns a checksum of all registers but the flags, some of which are undefined after some instructions.</summary>
    public static uint CheckOf(GuestRegisters registers)
    {
        registers.Eflags = 0;
        uint sum = 0;
        foreach (uint word in WordsOf(registers)) sum = (sum ^ word) * 0x0100_0193;    // FNV-1a by words: order counts
        return sum;
    }

    private static ReadOnlySpan<uint> WordsOf(in GuestRegisters registers) =>
        MemoryMarshal.Cast<GuestRegisters, uint>(new ReadOnlySpan<GuestRegisters>(in registers));
}
