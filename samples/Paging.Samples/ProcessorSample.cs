using Paging.Core;
using Paging.Native;

namespace Paging.Samples;

/// <summary>A processor on the engine's memory: a RISC-V interpreter with the instructions that a loop over an array needs.</summary>
/// <remarks>Each load, store and fetch is one call of the MMU. A fault comes back as a value; the program ends where it happened.</remarks>
public static class ProcessorSample
{
    private static readonly VirtualAddress Code = new(0x0001_0000), Data = new(0x2000_0000);

    /// <summary>Runs a program that works, and one that stores to an address where nothing is mapped.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20 });
        UserProcess process = engine.CreateProcess("riscv");
        process.Memory.MapAnonymous(Code, 4096, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        process.Memory.MapAnonymous(Data, 64 << 10, MemoryProtection.ReadWrite);

        uint[] sum =
        [
            Lui(1, Data.Value >> 12), Addi(2, 0, 100),                                      // x1 = data, x2 = 100
            Sw(2, 1, 0), Addi(1, 1, 256), Addi(2, 2, -1), Bne(2, 0, -12),                   // store 100, 99 … 1, 256 bytes apart
            Lui(1, Data.Value >> 12), Addi(2, 0, 100),
            Lw(4, 1, 0), Add(3, 3, 4), Addi(1, 1, 256), Addi(2, 2, -1), Bne(2, 0, -16),     // x3 = their sum
            Addi(10, 3, 0), Ecall,
        ];
        output.WriteLine(Execute(process, sum));
        output.WriteLine(Execute(process, [Lui(1, 0x30000), Sw(0, 1, 4), Ecall]));
        output.WriteLine($"page faults {process.Memory.Faults.Minor}, resident {process.Memory.Usage.ResidentAnonymous} pages");
    }

    private static string Execute(UserProcess process, uint[] program)
    {
        Mmu memory = process.Memory.Mmu;
        for (int i = 0; i < program.Length; i++) memory.Write(Code + (uint)(4 * i), program[i]);
        Span<uint> x = stackalloc uint[32];
        VirtualAddress pc = Code;
        for (int count = 1; ; count++)
        {
            if (!memory.TryFetch(pc, out uint word, out MemoryFault fault)) return $"{fault.Kind} at {fault.Address}, fetching";
            if (word == Ecall) return $"exit {x[10]} after {count} instructions";
            (int rd, int rs1, int rs2) = ((int)(word >> 7) & 31, (int)(word >> 15) & 31, (int)(word >> 20) & 31);
            int immediate = (int)word >> 20;
            VirtualAddress next = pc + 4;
            switch (word & 0x7F)
            {
                case 0x37: x[rd] = word & 0xFFFF_F000; break;
                case 0x13: x[rd] = x[rs1] + (uint)immediate; break;
                case 0x33: x[rd] = x[rs1] + x[rs2]; break;
                case 0x03:
                    if (!memory.TryRead(new(x[rs1] + (uint)immediate), out uint loaded, out fault))
                        return $"{fault.Kind} at {fault.Address}";
                    x[rd] = loaded;
                    break;
                case 0x23:
                    int offset = ((int)word >> 25 << 5) | rd;
                    if (!memory.TryWrite(new(x[rs1] + (uint)offset), x[rs2], out fault)) return $"{fault.Kind} at {fault.Address}";
                    break;
                case 0x63:
                    if (x[rs1] != x[rs2]) next = new(pc.Value + (uint)BranchOffset(word));
                    break;
                default: return $"illegal instruction {word:x8} at {pc}";
            }

            x[0] = 0;
            pc = next;
        }
    }

    private const uint Ecall = 0x73;

    private static uint Lui(int rd, uint upper) => (upper << 12) | ((uint)rd << 7) | 0x37;
    private static uint Addi(int rd, int rs, int value) => ((uint)value << 20) | ((uint)rs << 15) | ((uint)rd << 7) | 0x13;
    private static uint Add(int rd, int a, int b) => ((uint)b << 20) | ((uint)a << 15) | ((uint)rd << 7) | 0x33;
    private static uint Lw(int rd, int rs, int offset) => ((uint)offset << 20) | ((uint)rs << 15) | (2u << 12) | ((uint)rd << 7) | 0x03;

    private static uint Sw(int value, int rs, int offset) =>
        ((uint)(offset >> 5) << 25) | ((uint)value << 20) | ((uint)rs << 15) | (2u << 12) | ((uint)(offset & 31) << 7) | 0x23;

    private static uint Bne(int a, int b, int offset) =>
        ((uint)(offset >> 12 & 1) << 31) | ((uint)(offset >> 5 & 63) << 25) | ((uint)b << 20) | ((uint)a << 15) | (1u << 12)
            | ((uint)(offset >> 1 & 15) << 8) | ((uint)(offset >> 11 & 1) << 7) | 0x63;

    private static int BranchOffset(uint word) =>
        ((int)word >> 31 << 12) | (int)((word >> 7 & 1) << 11) | (int)((word >> 25 & 63) << 5) | (int)((word >> 8 & 15) << 1);
}
