using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Areas;

/// <summary>What does it cost to move the program break by 64 KiB and back? Expected: one area edited, no page touched.</summary>
internal static class BreakRaces
{
    private const int PairCount = 480;    // two steps each for the bare process, in one order
    private const uint Step = 64 << 10;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("brk", "64KiB", "pair of calls", static scale => Start(scale.Pick(PairCount, tiny: 8))) { IsPrepared = false },
    ];

    private static Race Start(int pairs)
    {
        EngineWorld world = new(1 << 20);
        List<Contender> contenders = [new Ours(world)];
        if (HostKernel.CanFork) contenders.Add(new Kernel(pairs));
        return new(pairs, 64, contenders, world);
    }

    private sealed class Ours(EngineWorld world) : Contender(Role.Engine, "SetBreak, up and down")
    {
        // A heap that is there already: it grows
        private readonly VirtualAddress _start = world.Space.SetBreak(world.Space.Break + Step);

        public override void Run(int count)
        {
            AddressSpace space = world.Space;
            VirtualAddress up = _start + Step;
            for (int i = 0; i < count; i++)
            {
                if (space.SetBreak(up) != up || space.SetBreak(_start) != _start)
                    throw new BrokenBenchmarkException("The engine did not move the break.");
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("areas", 1, world.Space.Areas.Count);
            BrokenBenchmarkException.ThrowUnlessEqual("pages of the heap", Step >> 12, world.Space.Space.Statistics.Total);
        }
    }

    /// <summary>The kernel: of a bare process, as this one's break belongs to its C library.</summary>
    private sealed class Kernel : BareContender
    {
        private readonly HostStep[] _steps;
        private readonly long _start;

        public Kernel(int pairs) : base("brk of a bare process, up and down")
        {
            HostStep[] query = [HostStep.SetBreak(0)];
            Process.Run(query);
            query = [HostStep.SetBreak(query[0].Result + Step)];
            Process.Run(query);
            _start = query[0].Result;
            _steps = new HostStep[2 + (2 * pairs)];
        }

        public override void Prepare(int count)
        {
            _steps[0] = BareProcess.Clock(0);
            for (int i = 0; i < count; i++)
            {
                _steps[1 + (2 * i)] = HostStep.SetBreak(_start + Step);
                _steps[2 + (2 * i)] = HostStep.SetBreak(_start);
            }

            _steps[1 + (2 * count)] = BareProcess.Clock(1);
        }

        public override void Run(int count) => Process.Run(_steps.AsSpan(0, 2 + (2 * count)));

        public override void Verify(int count)
        {
            for (int i = 0; i < count; i++) BrokenBenchmarkException.ThrowUnlessEqual("the kernel's break", _start + Step,
                _steps[1 + (2 * i)].Result);
        }
    }
}
