using Paging.Core;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;

namespace Paging.Samples;

/// <summary>
/// x86 code on the engine's page tables, run by an emulated processor. The host is its kernel: it decides what int 0x80 means.
/// </summary>
/// <remarks>The processor walks the tables itself. The engine resolves its page faults; only those that it refuses come back.</remarks>
public static class MachineCodeSample
{
    private const uint PageLength = VirtualAddress.PageSize;
    private static readonly VirtualAddress Code = new(0x0040_0000), Data = new(0x2000_0000);

    /// <summary>Runs a program that works, and lets it go on to an address where nothing is mapped.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20 });
        using GuestProcessor processor = new(engine);    // before the engine is in use: it takes two low frames
        UserProcess process = engine.CreateProcess("x86");
        Map(process, Code, PageLength, MemoryProtection.ReadWrite | MemoryProtection.Execute);
        Map(process, Data, 100 * PageLength, MemoryProtection.ReadWrite);
        ReadOnlySpan<byte> program =
        [
            0xBF, 0, 0, 0, 0x20,                   // mov edi, Data
            0xB9, 100, 0, 0, 0,                    // mov ecx, 100
            0x01, 0x0F,                            // again: add [edi], ecx
            0x03, 0x07,                            // add eax, [edi]
            0x81, 0xC7, 0, 0x10, 0, 0,             // add edi, 4096
            0x49, 0x75, 0xF3,                      // dec ecx; jnz again
            0xCD, 0x80,                            // int 0x80
            0x89, 0x07,                            // mov [edi], eax: after the last page
        ];
        process.Memory.Mmu.CopyIn(Code, program, out _);

        using GuestContext context = processor.CreateContext();
        context.Registers.Eip = Code.Value;
        processor.Switch(process, context);
        while (true)
        {
            ProcessorExit exit = processor.Run(codeByteLimit: 1 << 20);
            if (exit.Kind == ProcessorExitKind.Stopped) continue;    // the limit: another task could have a turn
            if (exit.Kind != ProcessorExitKind.SystemCall)
            {
                output.WriteLine($"{exit.Vector} at {exit.Address}, eip {context.Registers.Eip:x8}");
                break;
            }

            output.WriteLine($"int 0x80 with eax {context.Registers.Eax}");
        }

        output.WriteLine($"page faults {processor.Counters.PageFaults}, resident {process.Memory.Usage.ResidentAnonymous} pages");
    }

    private static void Map(UserProcess process, VirtualAddress at, uint byteLength, MemoryProtection protection)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        Errno error = process.Memory.Map(at, byteLength, protection, flags, out _);
        if (error != Errno.None) throw new InvalidOperationException($"mmap: {error}");
    }
}
