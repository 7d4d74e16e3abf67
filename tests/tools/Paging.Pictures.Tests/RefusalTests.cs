using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Pages;
using Paging.Pictures.Reports;
using Paging.Pictures.Snapshots;
using Xunit;

namespace Paging.Pictures.Tests;

/// <summary>A missing or invalid argument is refused at once, by the name of its parameter.</summary>
public sealed class RefusalTests
{
    [Fact]
    public void AMissingArgumentIsNamed()
    {
        Names("Points", static () => new ChartSeries("line", null!));
        Names("Points", static () => new ChartSeries("line", [(double.NaN, 0)]));
        Names("Rows", static () => new ReportTable("table", ["a"], [["b"], null!]));
        Names("Rows", static () => new ReportTable("table", ["a"], [["b"], [null!]]));
        Names("Header", static () => new ReportTable("table", [null!], []));
        Names("Parts", static () => new ReportSection("title", "text", [(null!, null!)]));
        Names("Steps", static () => new Story("name", "title", "chapter", "claim", [null!]));
        Names("Figures", static () => new StoryStep("title", "call", "text", null!));
        Names("Drawing", static () => new Figure("key", "title", "text", null!));
        Names("stories", static () => StoryPage.Write([null!]));
        Names("sections", static () => ReportPage.Write("title", [null!]));
        Names("series", static () => LineChartFigure.Draw("key", "title", "across", "up", [new("line", [(1, 1), (2, 2)], Knee: 2)]));
        Names("bars", static () => BarsFigure.Draw("key", "title", "calls", [(null!, 1)]));
        Names("spaces", static () => SpacesFigure.Draw([(null!, "space")]));
        Names("systems", static () => SplitFigure.Draw([("system", (1UL << 32) + 1)]));
        Names("entries", static () => EntryFigure.Draw([(null!, default)]));
        Assert.Throws<FileNotFoundException>(static () => PageResources.Read("no such file"));
    }

    [Fact]
    public void MachinesOfDifferentSizesCanBeCompared()
    {
        using PagingEngine small = new(new() { RamBytes = 1 << 20 }), large = new(new() { RamBytes = 2 << 20 });
        MachineView one = MachineView.Take(small), other = MachineView.Take(large);
        Assert.NotEmpty(FramesFigure.Draw(one, other).ToFile());
        Assert.NotEmpty(FramesFigure.Draw(other, one).ToFile());
        Assert.Equal(256, Enum.GetValues<FrameState>().Sum(one.CountFrames));
        Assert.Throws<ArgumentOutOfRangeException>(() => one.CountFrames((FrameState)230));    // found by the fuzzer
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

    private static void Names(string parameter, Func<object> make) =>
        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(make).ParamName);
}
