using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Pages;
using Paging.Pictures.Reports;
using Paging.Pictures.Snapshots;
using Xunit;

namespace Paging.Pictures.Tests;

/// <summary>Empty lists and machines of different sizes are drawn, too.</summary>
public sealed class EdgeTests
{
    /// <summary>Frames that only the larger machine has are changed if it is the present one, and else not drawn.</summary>
    [Fact]
    public void MachinesOfDifferentSizesCanBeCompared()
    {
        using PagingEngine small = new(new() { RamBytes = 1 << 20 }), large = new(new() { RamBytes = 2 << 20 });
        MachineView one = MachineView.Take(small), other = MachineView.Take(large);
        foreach ((MachineView now, MachineView before) in ((MachineView, MachineView)[])[(one, other), (other, one), (one, one)])
        {
            SvgReader svg = new(FramesFigure.Draw(now, before));
            Assert.Equal(now.Frames.Count, svg.Boxes("ram")[0].NumberOf("ram"));
            Assert.Equal(Enum.GetValues<FrameState>().Where(static state => state != FrameState.Free).Sum(now.CountFrames),
                svg.Boxes("frame").Count);
            int changed = now.Frames.Index().Count(frame =>
                frame.Index >= before.Frames.Count || frame.Item.State != before.Frames[frame.Index].State);
            Assert.Equal(changed, svg.Boxes("change").Sum(static box => box.NumberOf("cells")));
        }

        Assert.Equal(256, Enum.GetValues<FrameState>().Sum(one.CountFrames));
    }

    [Fact]
    public void AnEmptyListDrawsAnEmptyFigure()
    {
        Assert.Equal("Where 0 runs lay", ChanceFigure.Draw([]).Title);    // found by the fuzzer
        Assert.Equal("Empty", HeapFigure.Draw([]).Description);
        Assert.Empty(SpacesFigure.Draw([]).Description);
        Assert.Empty(SplitFigure.Draw([]).Description);
        Assert.Equal(("The bits of page table entries", ""), (EntryFigure.Draw([]).Title, EntryFigure.Draw([]).Description));
        Assert.DoesNotContain(new SvgReader(EntryFigure.Draw([])).Texts, static text => text.StartsWith("0x", StringComparison.Ordinal));
        SvgReader bars = new(BarsFigure.Draw("key", "title", "calls", []));
        Assert.Equal(["calls"], bars.Texts, StringComparer.Ordinal);    // the unit alone, and no bar
        Assert.Empty(bars.Boxes("bar"));
        Figure chart = LineChartFigure.Draw("key", "title", "across", "up", []);
        Assert.Equal(["across", "up"], new SvgReader(chart).Texts.Where(static text => text is "up" or "across"), StringComparer.Ordinal);
        Assert.Null(chart.Logarithmic);
        Assert.Empty(chart.Lines);
    }
}
