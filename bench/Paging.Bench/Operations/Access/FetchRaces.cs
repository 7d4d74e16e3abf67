using System.Runtime.CompilerServices;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>What do accesses that return their fault cost, as interpreters need them? Expected: as much as reads.</summary>
internal static class FetchRaces
{
    private const int WordCount = 1 << 14;    // 64 KiB

    public static IEnumerable<RaceDefinition> All =>
    [
        new("fetch-window", "64KiB", "fetch of 4 bytes", static scale => Start(scale, static (world, at) => new Window(world, at)))
            { IsPrepared = false },
        new("try-read", "64KiB", "access of 4 bytes", static scale => Start(scale, static (world, at) => new TryRead(world, at)))
            { IsPrepared = false },
    ];

    private static Race Start(Scale scale, Func<EngineWorld, VirtualAddress, Contender> ours)
    {
        EngineWorld world = new(1 << 20);
        VirtualAddress at = world.Map(WordCount * 4, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        world.Fill(at, WordCount * 4);
        HostRegion region = new(WordCount * 4, hugePages: true);
        region.Fill(EngineWorld.FilledByte);
        return new(scale.Pick(WordCount, tiny: 1024), 1024, [ours(world, at), new Raw(region)], world, region);
    }

    private sealed class Window(EngineWorld world, VirtualAddress start) : ReadContender(Role.Engine, "FetchWindow.TryFetch")
    {
        private readonly FetchWindow _window = new(world.Mmu);

        public override void Run(int count)
        {
            FetchWindow window = _window;
            VirtualAddress address = start;
            uint sum = 0;
            for (int i = 0; i < count; i++, address += 4)
            {
                if (!window.TryFetch(address, out uint word, out MemoryFault fault)) throw new PageFaultException(fault);
                sum += word;
            }

            Sum = sum;
        }
    }

    private sealed class TryRead(EngineWorld world, VirtualAddress start) : ReadContender(Role.Engine, "Mmu.TryRead with its fault")
    {
        public override void Run(int count) => Sum = Loop(world.Mmu, start, count);

        // Apart from its object, as MmuRead: the count of a loop that also keeps the object is on the stack.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static uint Loop(Mmu mmu, VirtualAddress address, int count)
        {
            uint sum = 0;
            for (int i = 0; i < count; i++, address += 4)
            {
                if (!mmu.TryRead(address, out uint word, out MemoryFault fault)) throw new PageFaultException(fault);
                sum += word;
            }

            return sum;
        }
    }

    private sealed class Raw(HostRegion region) : ReadContender(Role.Reference, "raw pointer")
    {
        // Unsafe: a run has at most as many words as the region.
        public override unsafe void Run(int count)
        {
            uint* word = (uint*)region.Address;
            uint sum = 0;
            for (int i = 0; i < count; i++) sum += word[i];
            Sum = sum;
        }
    }
}
