using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>
/// What does a translation cost that is not cached, though the page is present? Expected: a walk of two levels, and two stores.
/// </summary>
internal static class RefillRaces
{
    public static IEnumerable<RaceDefinition> All =>
    [
        new("tlb-refill", "64MiB", "first access to a present page", static scale => Start(scale.Pick(16_384, tiny: 32), pageStep: 1)),
        new("tlb-refill", "512-tables", "first access to a present page", static scale => Start(scale.Pick(512, tiny: 8), pageStep: 1024)),
    ];

    private static Race Start(int pages, int pageStep)
    {
        EngineWorld world = new(((ulong)pages << 12) * (pageStep == 1 ? 1u : 3u));
        uint byteLength = (uint)pages * (uint)pageStep << 12;
        VirtualAddress start = new(0x1000_0000);
        world.MapAt(start, byteLength);
        uint step = (uint)pageStep << 12;
        VirtualAddress address = start;
        for (int i = 0; i < pages; i++, address += step) world.Mmu.Write(address, EngineWorld.FilledWord);
        return new(pages, 256, [new Ours(world, start, step), new Walk(world, start, step)], world);
    }

    private sealed class Ours(EngineWorld world, VirtualAddress start, uint step) : ReadContender(Role.Engine, "Mmu.Read, missed")
    {
        private long _faultsBefore;

        public override void Prepare(int count)
        {
            world.Mmu.InvalidateAll();
            _faultsBefore = world.Space.Faults.Minor;
        }

        public override void Run(int count)
        {
            Mmu mmu = world.Mmu;
            VirtualAddress address = start;
            uint sum = 0;
            for (int i = 0; i < count; i++, address += step) sum += mmu.Read<uint>(address);
            Sum = sum;
        }

        public override void Verify(int count)
        {
            base.Verify(count);
            BrokenBenchmarkException.ThrowUnlessEqual("faults of pages that are present", 0, world.Space.Faults.Minor - _faultsBefore);
            BrokenBenchmarkException.ThrowUnless(world.Mmu.ReadAddend(start.Page) != 0, "The translation was not filled.");
        }
    }

    /// <summary>
    /// The reference: the two dependent loads of the walk and the access, on the same tables, checking and remembering nothing.
    /// </summary>
    private sealed class Walk(EngineWorld world, VirtualAddress start, uint step) : ReadContender(Role.Reference,
        "bare walk of the same tables")
    {
        // Unsafe: every page of the walk is present, and every entry leads into RAM.
        public override unsafe void Run(int count)
        {
            byte* ram = world.Engine.Ram.HostAddress(default);
            uint* directory = (uint*)(ram + world.Space.PrepareWalk().Address.Value);
            uint address = start.Value, sum = 0;
            for (int i = 0; i < count; i++, address += step)
            {
                uint* table = (uint*)(ram + (directory[address >> 22] & 0xFFFF_F000));
                byte* page = ram + (table[(address >> 12) & 0x3FF] & 0xFFFF_F000);
                sum += *(uint*)(page + (address & 0xFFF));
            }

            Sum = sum;
        }
    }
}
