using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;

namespace Paging.Pictures.Tests;

/// <summary>Pictures that divide all addresses: each square of the pages, and each bar's parts, are counted again.</summary>
public sealed class DividedSpaceTests
{
    /// <summary>Every page of two pieces: one with areas, holes and frames, and one without anything.</summary>
    [Theory]
    [InlineData(0x20003u)]
    [InlineData(0x203FFu)]
    [InlineData(0x30000u)]
    public void EachSquareIsItsPage(uint shown)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        using UserProcess process = engine.CreateProcess("p");
        foreach ((uint page, uint count, uint touched) in ((uint, uint, uint)[])[
            (0x20001, 4, 0x20002), (0x203FE, 4, 0x203FF), (0x2FFFF, 1, 0x2FFFF)])
        {
            Assert.Equal(Errno.None, process.Memory.Map(new(page << 12), count << 12, MemoryProtection.ReadWrite,
                MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
            process.Memory.Mmu.Write(new VirtualAddress(touched << 12), 1u);
        }

        bool IsMapped(uint page) => page is (>= 0x20001 and <= 0x20004) or (>= 0x203FE and <= 0x20401) or 0x2FFFF;
        bool IsTouched(uint page) => page is 0x20002 or 0x203FF or 0x2FFFF;
        SvgReader svg = new(PagesFigure.Draw(MachineView.Take(engine).Spaces[0], new(shown)));
        IReadOnlyList<SvgBox> pieces = svg.Boxes("piece"), pages = svg.Boxes("piece-page");
        Assert.Equal((768, 1024), (pieces.Count, pages.Count));
        Assert.All(pieces, one => Assert.Equal(one.NumberOf("piece") switch
        {
            0x20000 >> 10 or 0x2FFFF >> 10 => "tb",
            0x20400 >> 10 => "an0",    // the end of an area, untouched
            _ => "kn0",
        }, one.Of("fill")));
        Assert.All(pages, one =>
        {
            uint page = (shown & ~1023u) + (uint)one.NumberOf("piece-page");
            Assert.Equal(IsTouched(page) ? "an" : IsMapped(page) ? "an0" : "kn0", one.Of("fill"));
        });
        Assert.Equal(Enumerable.Range(0, 1024), pages.Select(static one => one.NumberOf("piece-page")));
        Assert.Equal($"{shown:x5}", Assert.Single(svg.Boxes("one-page")).Value);
    }

    /// <summary>However many systems there are, their bars stand apart, and the kernel's part is as high as its share.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public void EachBarIsToScaleAndBesideTheOthers(int count)
    {
        ulong[] starts = [.. Enumerable.Range(1, count).Select(i => (4UL << 30) / (ulong)(count + 1) * (ulong)i)];
        SvgReader svg = new(SplitFigure.Draw([.. starts.Select(static (start, i) => ($"system {i}", start))]));
        IReadOnlyList<SvgBox> kernels = svg.Boxes("kernel");
        Assert.Equal(starts.Select(static start => $"{start:x}"), kernels.Select(static one => one.Value), StringComparer.Ordinal);
        double whole = kernels[0].Height * (count + 1) / count;    // the first has the largest kernel
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(whole * ((4UL << 30) - starts[i]) / (4UL << 30), kernels[i].Height, 0.01);
            if (i > 0) Assert.InRange(kernels[i].X - (kernels[i - 1].X + kernels[i - 1].Width), 8, double.MaxValue);
        }
    }
}
