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
    [Fact]
    public void MachinesOfDifferentSizesCanBeCompared()
    {
        using PagingEngine small = new(new() { RamBytes = 1 << 20 }), large = new(new() { RamBytes = 2 << 20 });
        MachineView one = MachineView.Take(small), other = MachineView.Take(large);
        Assert.NotEmpty(FramesFigure.Draw(one, other).ToFile());
        Assert.NotEmpty(FramesFigure.Draw(other, one).ToFile());
        Assert.Equal(256, Enum.GetValues<FrameState>().Sum(one.CountFrames));
    }

    [Fact]
    public void AnEmptyListDrawsAnEmptyFigure()
    {
        Assert.Equal("Where 0 runs lay", ChanceFigure.Draw([]).Title);    // found by the fuzzer
        Assert.Equal("Empty", HeapFigure.Draw([]).Description);
        Assert.Empty(SpacesFigure.Draw([]).Description);
        Assert.Empty(SplitFigure.Draw([]).Description);
        Assert.NotEmpty(EntryFigure.Draw([]).ToFile());
        Assert.NotEmpty(BarsFigure.Draw("key", "title", "calls", []).ToFile());
        Assert.NotEmpty(LineChartFigure.Draw("key", "title", "across", "up", []).ToFile());
    }
}
