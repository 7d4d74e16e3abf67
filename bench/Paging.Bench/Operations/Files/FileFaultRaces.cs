using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations.Faults;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Files;

/// <summary>What does it cost to map a page of a file that is in the cache? Expected: an entry, a count, and no copy.</summary>
internal static class FileFaultRaces
{
    public static IEnumerable<RaceDefinition> All =>
    [
        new("file-fault", "1MiB", "first read of a cached, mapped page", static scale => Start(scale.Pick(256, tiny: 16))),
        new("file-fault", "64MiB", "first read of a cached, mapped page", static scale => Start(scale.Pick(16_384, tiny: 32))),
        new("file-fault-alone", "1MiB", "first read of a cached, mapped page", static scale =>
            Start(scale.Pick(256, tiny: 16), faultAroundPages: 1)),
    ];

    private static Race Start(int pages, int faultAroundPages = 16)
    {
        PageTour tour = PageTour.InOrder(pages);
        CachedFile file = new(tour.ByteLength, faultAroundPages);
        VirtualAddress start = file.MapShared();
        List<Contender> contenders = [new Ours(file, start, tour)];
        List<IDisposable> worlds = [file];
        if (HostKernel.IsAvailable)
        {
            HostFile hostFile = HostFile.InMemory(tour.ByteLength);
            worlds.Add(hostFile);
            contenders.Add(KernelOn(hostFile, tour));
        }

        return new(pages, 128, contenders, worlds);
    }

    private static Kernel KernelOn(HostFile file, PageTour tour) => new(file.Address, file.Discard, tour);

    private sealed class Ours(CachedFile file, VirtualAddress start, PageTour tour) : Contender(Role.Engine,
        "Mmu.Read, minor fault of a file")
    {
        private FaultCounters _before;
        private uint _sum;

        public override void Prepare(int count)
        {
            file.World.Discard(start, tour.ByteLength);
            _before = file.World.Space.Faults;
        }

        public override void Run(int count)
        {
            Mmu mmu = file.World.Mmu;
            uint sum = 0;
            foreach (uint offset in tour.Offsets[..count]) sum += mmu.Read<uint>(start + offset);
            _sum = sum;
        }

        public override void Verify(int count)
        {
            FaultCounters now = file.World.Space.Faults;
            BrokenBenchmarkException.ThrowUnlessEqual("major faults", 0, now.Major - _before.Major);
            BrokenBenchmarkException.ThrowUnless(now.File - _before.File + now.FaultAround - _before.FaultAround >= count,
                "Fewer pages were mapped than read.");
            BrokenBenchmarkException.ThrowUnlessEqual("the sum read", unchecked((uint)count * EngineWorld.FilledWord), _sum);
        }
    }

    /// <summary>The kernel, which maps the pages around along with each fault.</summary>
    private sealed class Kernel(nint address, Action forget, PageTour tour) : Contender(Role.Kernel, "minor fault of a memfd, fault-around")
    {
        private uint _sum;

        public override void Prepare(int count) => forget();

        // Unsafe: the file is as long as the tour.
        public override unsafe void Run(int count)
        {
            byte* start = (byte*)address;
            uint sum = 0;
            foreach (uint offset in tour.Offsets[..count]) sum += *(uint*)(start + offset);
            _sum = sum;
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("the sum read", unchecked((uint)count * EngineWorld.FilledWord), _sum);
    }
}
