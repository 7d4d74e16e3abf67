using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Forking;

/// <summary>
/// What does it cost to give a page back: of a child that ends and shares all its pages, and of a mapping that has them alone?
/// </summary>
internal static class ExitRaces
{
    private const int WarmCount = 256;    // in short calls: one long one would stay in its first code

    public static IEnumerable<RaceDefinition> All =>
    [
        new("exit-page", "64MiB", "page shared with the parent", static scale => StartExit(scale.Pick(16_384, tiny: 64))),
        new("munmap-page", "64MiB", "page of its own", static scale => StartUnmap(scale.Pick(16_384, tiny: 64))),
    ];

    private static Race StartExit(int pages)
    {
        EngineWorld world = new((ulong)pages << 12);
        VirtualAddress start = world.Map((uint)pages << 12);
        world.Touch(start, pages);
        List<Contender> contenders = [new Exit(world, start, pages)];
        if (HostKernel.CanFork) contenders.AddRange([new KernelExit(pages, hugePages: false), new KernelExit(pages, hugePages: true)]);
        return new(pages, WarmCount, contenders, world);
    }

    private static Race StartUnmap(int pages)
    {
        EngineWorld world = new((ulong)pages << 12);
        VirtualAddress start = world.Map((uint)pages << 12);
        EngineWorld.Require(world.Space.Unmap(start, (uint)pages << 12), "munmap");    // each run maps what it unmaps
        List<Contender> contenders = [new Unmap(world, start)];
        DictionaryMemory dictionary = new();
        if (HostKernel.CanFork) contenders.AddRange([new KernelUnmap(pages, hugePages: false), new KernelUnmap(pages, hugePages: true)]);
        contenders.Add(new CSharp(dictionary, start.Value));
        return new(pages, WarmCount, contenders, world, dictionary);
    }

    private sealed class Exit(EngineWorld world, VirtualAddress start, int pages) : Contender(Role.Engine, "Process.Exit")
    {
        private UserProcess? _child;
        private FrameCount _freeBefore;

        public override void Prepare(int count)
        {
            _freeBefore = world.Engine.Parts.Machine.Frames.CountOf(FrameState.Free);
            _child = world.Process.Fork();
            if (count < pages) EngineWorld.Require(_child.Memory.Unmap(start + ((uint)count << 12), (uint)(pages - count) << 12), "munmap");
            _ = _child.Memory.PrepareWalk();    // copies the tables that the fork has lent: of a lent one, an exit drops no page
            BrokenBenchmarkException.ThrowUnlessEqual("pages of the child", count, _child.Memory.Space.Statistics.ResidentAnonymous);
        }

        public override void Run(int count) => _child!.Exit();

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("free frames", _freeBefore.Value,
                world.Engine.Parts.Machine.Frames.CountOf(FrameState.Free).Value);
            _child!.Dispose();
        }
    }

    private sealed class KernelExit : BareContender
    {
        private readonly int _pages;

        public KernelExit(int pages, bool hugePages) : base("exit and wait of a bare child", hugePages)
        {
            _pages = pages;
            MapMemory(pages);
        }

        public override void Run(int count) =>
            Process.Run(
                [HostStep.Touch(BareProcess.Base, _pages), HostStep.Fork, BareProcess.Clock(0), Process.Release, HostStep.Wait,
                    BareProcess.Clock(1)]);
    }

    private sealed class Unmap(EngineWorld world, VirtualAddress start) : Contender(Role.Engine, "AddressSpace.Unmap")
    {
        private FrameCount _freeBefore;

        public override void Prepare(int count)
        {
            world.MapAt(start, (uint)count << 12);
            _freeBefore = world.Engine.Parts.Machine.Frames.CountOf(FrameState.Free);
            world.Touch(start, count);
        }

        public override void Run(int count) => EngineWorld.Require(world.Space.Unmap(start, (uint)count << 12), "munmap");

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("free frames", _freeBefore.Value,
                world.Engine.Parts.Machine.Frames.CountOf(FrameState.Free).Value);
            BrokenBenchmarkException.ThrowUnlessEqual("areas", 0, world.Space.Areas.Count);
        }
    }

    // In a process of its own: in this one, the runtime might map something at the address that has just become free.
    private sealed class KernelUnmap(int pages, bool hugePages) : BareContender("munmap", hugePages)
    {
        public override int CountMax => 1 << 12;    // of 16 MiB: to touch more of them takes long, and changes nothing

        public override void Run(int count)
        {
            MapMemory(pages);
            HostStep unmap = HostStep.Unmap(BareProcess.Base, (long)pages << 12);
            Process.Run([HostStep.Touch(BareProcess.Base, count), BareProcess.Clock(0), unmap, BareProcess.Clock(1)]);
        }
    }

    private sealed class CSharp(DictionaryMemory memory, uint start) : Contender(Role.CSharp, "removal from the Dictionary")
    {
        public override void Prepare(int count)
        {
            for (int i = 0; i < count; i++) memory.Write(start + ((uint)i << 12), EngineWorld.FilledWord);
        }

        public override void Run(int count) => memory.Remove(start, count);

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("pages left", 0, memory.PageCount);
    }
}
