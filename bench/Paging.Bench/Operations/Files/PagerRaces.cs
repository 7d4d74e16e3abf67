using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Files;

/// <summary>
/// What does a page cost that the host supplies? Expected: one copy of 4 KiB and a page fault; two misses where it comes later.
/// </summary>
internal static class PagerRaces
{
    private const int PageBytes = (int)VirtualAddress.PageSize;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("pager-fault", "1-page", "read of a page that a source supplies", static scale =>
            Start(scale.Pick(256, tiny: 16), later: false)),
        new("pager-fault-later", "1-page", "read, request, supply, read again", static scale =>
            Start(scale.Pick(256, tiny: 16), later: true)),
    ];

    private static Race Start(int pages, bool later)
    {
        Ours ours = new(pages, later);
        List<Contender> contenders = [ours, new BareCopy(pages)];
        if (KernelPager.IsAvailable) contenders.Add(new KernelPager(pages));
        return new(pages, 128, contenders, ours.World);
    }

    private sealed class Ours : Contender, IPageSource
    {
        private readonly byte[] _bytes = new byte[PageBytes];
        private readonly Pager _pager;
        private readonly int _pages, _descriptor;
        private readonly bool _later;
        private readonly VirtualAddress _start;
        private long _asked;
        private uint _sum;

        public Ours(int pages, bool later) : base(Role.Engine, later ? "Pending, Pager.Supply, Mmu.Read" : "Mmu.Read, IPageSource.Request")
        {
            _later = later;
            _pages = pages;
            _bytes.AsSpan().Fill(EngineWorld.FilledByte);
            World = new((ulong)pages * PageBytes);
            _pager = World.Engine.Files.CreatePager("bench", new((uint)pages), this);
            EngineWorld.Require(_pager.File.Open(World.Process, FileRights.ReadWrite, out _descriptor), "open");
            EngineWorld.Require(World.Space.Map(VirtualAddress.Zero, (uint)(pages * PageBytes), MemoryProtection.ReadWrite, MapFlags.Shared,
                _descriptor, 0, out _start), "mmap");
        }

        public EngineWorld World { get; }

        public override void Prepare(int count)
        {
            World.Discard(_start, (uint)(_pages * PageBytes));
            EngineWorld.Require(World.Process.FileDescriptors.Advise(_descriptor, 0, 0, FileAdvice.DontNeed), "fadvise");
            _asked = 0;
        }

        public override void Run(int count) => _sum = _later ? ReadLater(count) : ReadAtOnce(count);

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("requests", count, _asked);
            BrokenBenchmarkException.ThrowUnlessEqual("the sum read", unchecked((uint)count * EngineWorld.FilledWord), _sum);
        }

        PageAnswer IPageSource.Request(FilePage page, Span<byte> destination)
        {
            _asked++;
            if (_later) return PageAnswer.Later;
            _bytes.CopyTo(destination);
            return PageAnswer.Supplied;
        }

        Errno IPageSource.Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.EIO;

        private uint ReadAtOnce(int count)
        {
            Mmu mmu = World.Mmu;
            uint sum = 0;
            for (uint page = 0; page < count; page++) sum += mmu.Read<uint>(_start + (page << VirtualAddress.PageShift));
            return sum;
        }

        private uint ReadLater(int count)
        {
            Mmu mmu = World.Mmu;
            uint sum = 0;
            for (uint page = 0; page < count; page++)
            {
                VirtualAddress at = _start + (page << VirtualAddress.PageShift);
                if (!mmu.TryRead(at, out uint value, out MemoryFault fault))
                {
                    if (fault.Kind != MemoryFaultKind.Pending || !_pager.TryTakeRequest(out FilePage wanted))
                        throw new BrokenBenchmarkException("An access to a page that comes later is not pending.");
                    EngineWorld.Require(_pager.Supply(wanted, _bytes), "supply");
                    value = mmu.Read<uint>(at);
                }

                sum += value;
            }

            return sum;
        }
    }

    /// <summary>The reference: the bytes, copied to as many pages.</summary>
    private sealed class BareCopy(int pages) : Contender(Role.Reference, "memcpy of the pages")
    {
        private readonly byte[] _bytes = new byte[PageBytes], _pages = new byte[pages * PageBytes];

        public override void Run(int count)
        {
            for (int page = 0; page < count; page++) _bytes.CopyTo(_pages, page * PageBytes);
        }
    }
}
