using Paging.Core;
using Paging.Native;
using Paging.Samples.RiscV;

namespace Paging.Samples;

/// <summary>A processor on the engine's memory: a small RISC-V interpreter.</summary>
/// <remarks>Each load, store and fetch is one call. A fault comes back as a value; the program ends where it happened.</remarks>
public static class ProcessorSample
{
    private static readonly VirtualAddress Code = new(0x0001_0000), Data = new(0x2000_0000);

    /// <summary>Runs a program that works, and one that stores to an address where nothing is mapped.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20, FetchRights = FetchRights.Areas });
        UserProcess process = engine.CreateProcess("riscv");
        process.Memory.MapAnonymous(Code, 4096, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        process.Memory.MapAnonymous(Data, 64 << 10, MemoryProtection.ReadWrite);

        output.WriteLine(Execute(process, Instructions.Sum(Data.Value)));
        output.WriteLine(Execute(process, [Instructions.Lui(1, 0x30000), Instructions.Sw(0, 1, 4), Instructions.Ecall]));
        output.WriteLine($"page faults {process.Memory.Faults.Minor}, resident {process.Memory.Usage.ResidentAnonymous} pages");
    }

    private static string Execute(UserProcess process, uint[] program)
    {
        Mmu memory = process.Memory.Mmu;
        for (int i = 0; i < program.Length; i++) memory.Write(Code + (uint)(4 * i), program[i]);
        Processor<PagedMemory> processor = new(new(memory)) { Pc = Code };
        return processor.Run(10_000) switch
        {
            StopReason.Exit => $"exit {processor.Registers[10]} after {processor.Count} instructions",
            StopReason.Fault => $"{processor.Fault.Kind} at {processor.Fault.Address}",
            StopReason.IllegalInstruction => $"illegal instruction at {processor.Pc}",
            _ => $"still running after {processor.Count} instructions",
        };
    }
}
