using Paging.Core;
using Paging.Native;
using Paging.Samples.Fuzzing;

namespace Paging.Samples.RiscV;

/// <summary>Why a processor has stopped.</summary>
public enum StopReason
{
    /// <summary>It has executed as many instructions as it was given.</summary>
    Counted,

    /// <summary>It has met ECALL: the program's result is in x10.</summary>
    Exit,

    /// <summary>An access faulted.</summary>
    Fault,

    /// <summary>It does not know the instruction at <see cref="Processor{TMemory}.Pc"/>.</summary>
    IllegalInstruction,
}

/// <summary>An interpreter of the RISC-V instructions that a loop over an array needs.</summary>
/// <param name="memory">What it fetches from, loads from and stores to.</param>
/// <param name="coverage">Gets every branch, taken or not; null: none does.</param>
public sealed class Processor<TMemory>(TMemory memory, CoverageMap? coverage = null) where TMemory : struct, IProcessorMemory
{
    private readonly uint[] _registers = new uint[32];
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
        VirtualAddress pc = Pc;
        int count = 0;
        StopReason reason = StopReason.Counted;
        for (; count < countMax && reason == StopReason.Counted; count++)
        {
            if (!_memory.TryFetch(pc, out uint word, out MemoryFault fault))
            {
                (_fault, reason) = (fault, StopReason.Fault);
                break;
            }

            (int rd, int rs1, int rs2) = ((int)(word >> 7) & 31, (int)(word >> 15) & 31, (int)(word >> 20) & 31);
            int immediate = (int)word >> 20;
            VirtualAddress next = pc + 4;
            switch (word & 0x7F)
            {
                case 0x37: x[rd] = word & 0xFFFF_F000; break;
                case 0x13: x[rd] = x[rs1] + (uint)immediate; break;
                case 0x33: x[rd] = x[rs1] + x[rs2]; break;
                case 0x03:
                    if (_memory.TryLoad(new(x[rs1] + (uint)immediate), out uint loaded, out fault)) x[rd] = loaded;
                    else (_fault, next, reason) = (fault, pc, StopReason.Fault);
                    break;
                case 0x23:
                    int offset = ((int)word >> 25 << 5) | rd;
                    if (!_memory.TryStore(new(x[rs1] + (uint)offset), x[rs2], out fault))
                        (_fault, next, reason) = (fault, pc, StopReason.Fault);
                    break;
                case 0x63:
                    if (x[rs1] != x[rs2]) next = new(pc.Value + (uint)Instructions.BranchOffset(word));
                    coverage?.Note(pc, next);
                    break;
                case 0x73: reason = StopReason.Exit; break;
                default: (next, reason) = (pc, StopReason.IllegalInstruction); break;
            }

            x[0] = 0;
            pc = next;
        }

        Pc = pc;
        Count += count;
        return reason;
    }
}
