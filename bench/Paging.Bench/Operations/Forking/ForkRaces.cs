using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Forking;

/// <summary>
/// What does a fork cost for each page of the parent, and what once? Expected: a directory, and a pass over each table; a count for each
/// page only when the child reads in all tables, which the fork has lent.
/// </summary>
internal static class ForkRaces
{
    /// <summary>The object that the host gets of a child, and the address space, MMU and translations that it may ask it for.</summary>
    public const long HandleBytes = 104, MemoryBytes = 272;

    private const int PagesOfSmall = 20, PagesOfTable = 1024;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("fork", "20-pages", "fork of a small process", static _ => Start(PagesOfSmall, isForEachPage: false)),
        OfLarge("256MiB", readsTables: false),
        OfLarge("256MiB-read", readsTables: true),
    ];

    private static RaceDefinition OfLarge(string size, bool readsTables) =>
        new("fork-page", size, "page of the parent", scale => Start(scale.Pick(65_536, tiny: 64), isForEachPage: true, readsTables))
        {
            HostBytes = 1024L << 20,
        };

    private static Race Start(int pages, bool isForEachPage, bool readsTables = false)
    {
        EngineWorld world = new((ulong)pages << 12);
        VirtualAddress start = world.Map((uint)pages << 12);
        List<Contender> contenders = [new Ours(world, start, pages, readsTables)];
        if (isForEachPage) contenders.Add(new BareTableCopy(pages));
        if (HostKernel.CanFork) contenders.Add(new Kernel(pages, hugePages: false));
        if (HostKernel.CanFork && isForEachPage) contenders.Add(new Kernel(pages, hugePages: true));
        DictionaryMemory dictionary = new();
        contenders.Add(new CSharp(dictionary, start.Value, pages));
        int count = isForEachPage ? pages : 1;
        return new(count, count, contenders, world, dictionary);
    }

    /// <summary>The engine, of pages that are all writable again: each entry of both sides has to change.</summary>
    private sealed class Ours(EngineWorld world, VirtualAddress start, int pages, bool readsTables)
        : Contender(Role.Engine, readsTables ? "Process.Fork, and a read in each table" : "Process.Fork")
    {
        private UserProcess? _child;

        public override void Prepare(int count) => world.Touch(start, pages);

        public override long AllocatedBytesMax => readsTables ? HandleBytes + MemoryBytes : HandleBytes;

        public override void Run(int count)
        {
            _child = world.Process.Fork();
            if (!readsTables) return;
            Mmu mmu = _child.Memory.Mmu;
            for (int page = 0; page < pages; page += PagesOfTable) mmu.Read<uint>(start + ((uint)page << 12));
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("pages of the child", pages, _child!.Memory.Space.Statistics.ResidentAnonymous);
            PageNumber last = (start + ((uint)(pages - 1) << 12)).Page;
            PageTableEntry parents = world.Space.Space.Tables.Read(last), childs = _child.Memory.Space.Tables.Read(last);
            bool isShared = parents.Frame == childs.Frame && !parents.IsWritable && !childs.IsWritable;
            BrokenBenchmarkException.ThrowUnless(isShared, "Parent and child do not share the last page.");
            _child.Dispose();
        }
    }

    /// <summary>The reference: the tables' bytes, copied.</summary>
    private sealed class BareTableCopy(int pages) : Contender(Role.Reference, "memcpy of the tables")
    {
        private readonly uint[] _parent = [.. Enumerable.Range(1, pages).Select(static word => (uint)word)], _child = new uint[pages];

        public override void Run(int count) => _parent.AsSpan(0, count).CopyTo(_child);

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("the last word", count, _child[count - 1]);
    }

    /// <summary>The kernel: a bare process with these pages and next to nothing else forks.</summary>
    private sealed class Kernel : BareContender
    {
        private readonly int _pages;

        public Kernel(int pages, bool hugePages) : base("fork of a bare process", hugePages)
        {
            _pages = pages;
            MapMemory(pages);
        }

        public override void Run(int count) =>
            Process.Run(
                [HostStep.Touch(BareProcess.Base, _pages), BareProcess.Clock(0), HostStep.Fork, BareProcess.Clock(1), Process.Release,
                    HostStep.Wait]);
    }

    /// <summary>The C# way: another dictionary, and one owner more for each page.</summary>
    private sealed class CSharp(DictionaryMemory memory, uint start, int pages) : Contender(Role.CSharp, "copy of the Dictionary")
    {
        private DictionaryMemory? _child;

        public override void Prepare(int count)
        {
            for (int i = 0; i < pages; i++) memory.Write(start + ((uint)i << 12), EngineWorld.FilledWord);
        }

        public override void Run(int count) => _child = memory.Fork();

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("pages of the child", pages, _child!.PageCount);
            _child.Dispose();
        }
    }
}
