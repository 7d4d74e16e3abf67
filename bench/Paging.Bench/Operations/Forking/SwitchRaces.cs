using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Paging.Bench.Operations.Forking;

/// <summary>What does it cost to go on in another process? Expected: nothing, as each has translations of its own.</summary>
internal static class SwitchRaces
{
    private const int SwitchCount = 1 << 12;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("process-switch", "2-processes", "switch and an access of 4 bytes", static scale =>
            Start(scale.Pick(SwitchCount, tiny: 8))) { IsPrepared = false },
    ];

    private static Race Start(int count)
    {
        EngineWorld world = new(1 << 20);
        VirtualAddress start = world.Map(4096);
        world.Fill(start, 4096);
        UserProcess other = world.Process.Fork();
        other.Memory.Mmu.Write(start, EngineWorld.FilledWord);
        HostRegion region = new(8192, hugePages: true);
        region.Fill(EngineWorld.FilledByte);
        List<Contender> contenders = [new Ours(world.Mmu, other.Memory.Mmu, start), new Raw(region)];
        if (HostKernel.CanFork) contenders.Add(new Kernel());
        return new(count, 256, contenders, world, region);
    }

    private abstract class SumContender(Role role, string description) : Contender(role, description)
    {
        protected uint Sum { get; set; }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("the sum read", unchecked((uint)count * EngineWorld.FilledWord), Sum);
    }

    private sealed class Ours(Mmu first, Mmu second, VirtualAddress start) : SumContender(Role.Engine, "Mmu.Read of two processes in turn")
    {
        public override void Run(int count)
        {
            uint sum = 0;
            for (int i = 0; i < count; i += 2) sum += first.Read<uint>(start) + second.Read<uint>(start);
            Sum = sum;
        }
    }

    private sealed class Raw(HostRegion region) : SumContender(Role.Reference, "two raw pointers in turn")
    {
        // Unsafe: the offsets stay within the region.
        public override unsafe void Run(int count)
        {
            byte* first = region.Address, second = first + 4096;
            uint sum = 0;
            for (int i = 0; i < count; i += 2) sum += Volatile.Read(ref *(uint*)first) + Volatile.Read(ref *(uint*)second);
            Sum = sum;
        }
    }

    /// <summary>The kernel: a byte to another process and back, two switches.</summary>
    private sealed class Kernel : BareContender
    {
        public Kernel() : base("a byte through a pipe and back") => Process.Run([]);

        public override int CountMax => 64;

        public override bool NeedsWarmUp => true;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i += 2) Process.RoundTrip();
        }

        public override long Time(int count)
        {
            long start = Stopwatch.GetTimestamp();
            Run(count);
            return HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - start);
        }
    }
}
