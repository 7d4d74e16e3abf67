using System.Runtime.CompilerServices;
using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Samples.RiscV;

namespace Paging.Bench.Operations.Access;

/// <summary>
/// What does an interpreter pay for a memory of pages? The sample's processor beside itself on an array: fetches, loads and stores.
/// </summary>
internal static class InterpreterRaces
{
    private static readonly VirtualAddress Code = new(0x0001_0000), Data = new(0x0002_0000);

    public static IEnumerable<RaceDefinition> All =>
        [new("interpreter", "1000-instructions", "1,000 instructions", Start) { IsPrepared = false }];

    private static Race Start(Scale scale)
    {
        EngineWorld world = new(1 << 20);
        world.MapAt(Code, 4096, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        world.MapAt(Data, 64 << 10);
        byte[] bytes = new byte[256 << 10];
        uint[] program = Instructions.Sum(Data.Value);
        for (uint i = 0; i < program.Length; i++)
        {
            world.Mmu.Write(Code + 4 * i, program[i]);
            Unsafe.WriteUnaligned(ref bytes[Code.Value + 4 * i], program[i]);
        }

        int count = scale.Pick(64, tiny: 2);
        return new(count, 16, [new Paged(world), new Array(bytes)], world);
    }

    private abstract class Interpreter<TMemory>(Role role, string description, TMemory memory) : Contender(role, description)
        where TMemory : struct, IProcessorMemory
    {
        private readonly Processor<TMemory> _processor = new(memory);
        private long _exits, _wrong;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                long end = _processor.Count + 1000;
                while (_processor.Count < end)
                {
                    StopReason reason = _processor.Run((int)(end - _processor.Count));
                    if (reason == StopReason.Counted) continue;
                    _exits++;
                    if (reason != StopReason.Exit || _processor.Registers[10] != 5050) _wrong++;
                    _processor.Pc = Code;
                }
            }
        }

        public override void Prepare(int count)
        {
            (_exits, _wrong) = (0, 0);
            _processor.Pc = Code;
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual($"wrong ends of programs by {Description}", 0, _wrong);
            BrokenBenchmarkException.ThrowUnlessEqual($"ends of programs by {Description}", count * 1000 / 907, _exits);
        }
    }

    private sealed class Paged(EngineWorld world)
        : Interpreter<PagedMemory>(Role.Engine, "FetchWindow, Mmu.TryRead, TryWrite", new(world.Mmu));

    private sealed class Array(byte[] bytes) : Interpreter<ArrayMemory>(Role.Reference, "byte[]", new(bytes));
}
