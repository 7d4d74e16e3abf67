using Paging.Core;
using Paging.Native;
using Paging.Testing.Checks;
using Paging.Testing.Generating;
using Xunit;

namespace Paging.Samples;

/// <summary>A pager of one's own under random accesses in little RAM, beside plain bytes. A store that loses a page is found.</summary>
public sealed class PagerFuzzSample
{
    private const uint Pages = 400;    // 256 frames of RAM: pages leave, and are asked for again

    private static readonly Generator<uint[]> Scripts = new(
        static random => [.. Enumerable.Range(0, 600).Select(_ => (uint)random.Next())],
        static script => script.Length < 2 ? [] : [script[..(script.Length / 2)], script[(script.Length / 2)..], script[1..]]);

    [Fact]
    public void APagerKeepsEveryByte() => Scripts.Check(5, static script => Run(new PageStore(), script));

    [Fact]
    public void AStoreThatLosesAPageIsFound()
    {
        CheckFailedException found = Assert.Throws<CheckFailedException>(static () =>
            Scripts.Check(20, static script => Run(new PageStore { LostPage = new(7) }, script)));
        Assert.Contains("page 7", found.Message, StringComparison.Ordinal);
        Assert.Contains("\n[", found.Message, StringComparison.Ordinal);    // the shrunk script
    }

    private static void Run(PageStore store, uint[] script)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        using (Pager pager = engine.Files.CreatePager("store", new(Pages), store))
        using (UserProcess process = engine.CreateProcess("p"))
        {
            VirtualAddress at = process.Memory.MapFile(pager.File, Pages << VirtualAddress.PageShift);
            uint[] expected = new uint[Pages];
            foreach (uint word in script)
            {
                uint page = (word >> 1) % Pages;
                VirtualAddress address = at + (page << VirtualAddress.PageShift);
                if ((word & 1) != 0) process.Memory.Mmu.Write(address, expected[page] = word);
                else Check(page, process.Memory.Mmu.Read<uint>(address), expected[page]);
            }

            for (uint i = 0; i < 2 * Pages; i++)    // the second time each page has left RAM
                Check(i % Pages, process.Memory.Mmu.Read<uint>(at + (i % Pages << VirtualAddress.PageShift)), expected[i % Pages]);
        }

        EngineAssert.NothingIsLeft(engine);

        static void Check(uint page, uint found, uint expected)
        {
            if (found != expected) throw new InvalidOperationException($"page {page} has {found:x8}, expected {expected:x8}");
        }
    }

    private sealed class PageStore : IPageSource
    {
        private readonly Dictionary<FilePage, byte[]> _pages = [];

        /// <summary>The planted bug: what is stored of this page is forgotten.</summary>
        public FilePage? LostPage { get; init; }

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            if (!_pages.TryGetValue(page, out byte[]? bytes)) return PageAnswer.Zeros;
            bytes.CopyTo(destination);
            return PageAnswer.Supplied;
        }

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes)
        {
            if (page != LostPage) _pages[page] = bytes.ToArray();
            return Errno.None;
        }
    }
}
