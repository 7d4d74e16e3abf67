using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Embedding;

/// <summary>What does it cost to keep guest memory in place for the host, and to let go of it? Expected: a translation a page.</summary>
internal static class PinRaces
{
    public static IEnumerable<RaceDefinition> All => [Define("1-page", 1), Define("256-pages", 256)];

    private static RaceDefinition Define(string size, int pages) => new("pin", size, "pin and unpin", scale => Start(pages, scale));

    private static Race Start(int pages, Scale scale)
    {
        EngineWorld world = new((ulong)pages << 12);
        VirtualAddress start = world.Map((uint)pages << 12);
        world.Touch(start, pages);
        int count = scale.Pick(Math.Max(20, 2000 / pages), tiny: 4);
        return new(count, count, [new Ours(world, start, pages), new Translations(world, start, pages)], world);
    }

    private sealed class Ours(EngineWorld world, VirtualAddress start, int pages) : Contender(Role.Engine, "Pin, its parts, Dispose")
    {
        private const int ObjectBytes = 2048, PageBytes = 64;    // handed to the host: the pin, a list, a part for each run of frames

        private int _bytes;

        public override long AllocatedBytesMax => ObjectBytes + ((long)pages * PageBytes);

        public override void Run(int count)
        {
            _bytes = 0;
            for (int i = 0; i < count; i++)
            {
                using WritablePin pin = world.Process.PinForWriting(start, (uint)pages << 12);
                foreach (Memory<byte> part in pin.WritableParts) _bytes += part.Length;
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("bytes pinned", count * pages << 12, _bytes);
    }

    /// <summary>The reference: translates each page without pinning it.</summary>
    private sealed class Translations(EngineWorld world, VirtualAddress start, int pages)
        : Contender(Role.Reference, "Mmu.TryTranslate a page")
    {
        private uint _sum;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                for (uint page = 0; page < pages; page++)
                    if (world.Mmu.TryTranslate(start + (page << 12), AccessKind.Write, out FrameNumber frame, out _)) _sum += frame.Value;
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnless(_sum != 0, "The pages should be translated.");
    }
}
