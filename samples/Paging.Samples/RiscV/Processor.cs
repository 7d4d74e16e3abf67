using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;
using Paging.Samples.Fuzzing;

namespace Paging.Samples.RiscV;

/// <summary>Why a processor has stopped.</summary>
public enum StopReason
{
    /// <summary>The processor has executed the given number of instructions.</summary>
    Counted,

    /// <summary>The processor has met ECALL: the program's result is in x10.</summary>
    Exit,

    /// <summary>An access faulted.</summary>
    Fault,

    /// <summary>The instruction at <see cref="Processor{TMemory}.Pc"/> is unknown.</summary>
    IllegalInstruction,
}

/// <summary>An interpreter of the RISC-V instructions that a loop over an array needs.</summary>
/// <param name="memory">The memory for fetches, loads and stores.</param>
/// <param name="coverage">Gets every branch, taken or not; null: none does.</param>
public sealed class Processor<TMemory>(TMemory memory, CoverageMap? coverage = null) where TMemory : struct, IProcessorMemory
{
    private RegisterFile _registers;
    private readonly TMemory _memory = memory;
    private MemoryFault _fault;

    /// <summary>Where the next instruction lies. A fault leaves it at the instruction that faulted.</summary>
    public VirtualAddress Pc { get; set; }

    /// <summary>The fault of the last stop.</summary>
    public MemoryFault Fault => _fault;

    /// <summary>How many instructions were executed.</summary>
    public long Count { get; private set; }

    /// <summary>The registers; x0 is 0.</summary>
    public ReadOnlySpan<uint> Registers => _registers;

    /// <summary>Executes at most so many instructions.</summary>
    public StopReason Run(int countMax)
    {
        Span<uint> x = _registers;
        VirtualAddress pc = Pc;    // in a register: each instruction waits for it
        MemoryFault fault;
        for (int count = 0; count < countMax; pc += 4)
        {
            if (!_memory.TryFetch(pc, out uint word, out fault)) return Stop(StopReason.Fault, pc, count, fault);
            count++;
            uint a = x[(int)(word >> 15) & 31];
            switch (word & 0x7F)
            {
                case 0x13: x[Target(word)] = a + (uint)((int)word >> 20); break;
                case 0x63:
                    int distance = a != x[(int)(word >> 20) & 31] ? Instructions.BranchOffset(word) : 4;
                    coverage?.Note(pc, pc + (uint)distance);
                    pc += (uint)(distance - 4);
                    continue;    // x0 is as it was
                case 0x03:
                    if (!_memory.TryLoad(new(a + (uint)((int)word >> 20)), out uint loaded, out fault))
                        return Stop(StopReason.Fault, pc, count, fault);
                    x[Target(word)] = loaded;
                    break;
                case 0x23:
                    int offset = ((int)word >> 25 << 5) | Target(word);
                    if (!_memory.TryStore(new(a + (uint)offset), x[(int)(word >> 20) & 31], out fault))
                        return Stop(StopReason.Fault, pc, count, fault);
                    continue;
                case 0x33: x[Target(word)] = a + x[(int)(word >> 20) & 31]; break;
                case 0x37: x[Target(word)] = word & 0xFFFF_F000; break;
                case 0x73: return Stop(StopReason.Exit, pc + 4, count, fault);
                default: return Stop(StopReason.IllegalInstruction, pc, count, fault);
            }

            x[0] = 0;
        }

        return Stop(StopReason.Counted, pc, countMax, default);
    }

    private static int Target(uint word) => (int)(word >> 7) & 31;

    private StopReason Stop(StopReason reason, VirtualAddress pc, int count, MemoryFault fault)
    {
        Pc = pc;
        Count += count;
        if (reason == StopReason.Fault) _fault = fault;
        return reason;
    }

    [InlineArray(32)]
    private struct RegisterFile    // its length is a constant, so that an index of five bits needs no check
    {
        private uint _first;
    }
}
