using System.Runtime.CompilerServices;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>
/// What does a word cost of which two bytes lie in the next page? Expected: two translations, as the processor needs two.
/// </summary>
internal static class CrossingRaces
{
    private const int PageCount = 256;

    public static IEnumerable<RaceDefinition> All =>
        [new("read-crossing", "1MiB", "access of 4 bytes in two pages", Start) { IsPrepared = false }];

    private static Race Start(Scale scale)
    {
        int pages = scale.Pick(PageCount, tiny: 4);
        uint byteLength = (uint)pages << 12;
        EngineWorld world = new(byteLength);
        VirtualAddress start = world.Map(byteLength);
        world.Fill(start, byteLength);
        HostRegion region = new(byteLength, hugePages: true);
        region.Fill(EngineWorld.FilledByte);
        DictionaryMemory dictionary = new();
        dictionary.Fill(start.Value, byteLength, EngineWorld.FilledByte);
        return new(pages - 1, 64, [new Ours(world, start), new Raw(region), new CSharp(dictionary, start.Value)], world, region,
            dictionary);
    }

    private sealed class Ours(EngineWorld world, VirtualAddress start) : ReadContender(Role.Engine, "Mmu.Read across pages")
    {
        public override void Run(int count)
        {
            Mmu mmu = world.Mmu;
            VirtualAddress address = start + 4094;
            uint sum = 0;
            for (int i = 0; i < count; i++, address += 4096) sum += mmu.Read<uint>(address);
            Sum = sum;
        }
    }

    private sealed class Raw(HostRegion region) : ReadContender(Role.Reference, "raw pointer, unaligned")
    {
        // Unsafe: the last word read begins in the last page but one.
        public override unsafe void Run(int count)
        {
            byte* address = region.Address + 4094;
            uint sum = 0;
            for (int i = 0; i < count; i++, address += 4096) sum += Unsafe.ReadUnaligned<uint>(address);
            Sum = sum;
        }
    }

    private sealed class CSharp(DictionaryMemory memory, uint start) : ReadContender(Role.CSharp, "Dictionary, byte by byte")
    {
        public override void Run(int count)
        {
            uint address = start + 4094, sum = 0;
            for (int i = 0; i < count; i++, address += 4096) sum += memory.ReadAcross(address);
            Sum = sum;
        }
    }
}
