using System.Globalization;
using System.Xml.Linq;
using Paging.Pictures.Figures;
using Paging.Pictures.Pages;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Tests;

/// <summary>The figures of the articles, as the stories draw them: each agrees with the machine.</summary>
public sealed class ArticleFigureTests
{
    private static SvgReader Figure(string story, int step, string key) => new(TourStories.All
        .Single(candidate => string.Equals(candidate.Name, story, StringComparison.Ordinal)).Steps[step - 1].Figures
        .Single(figure => figure.Key.StartsWith(key, StringComparison.Ordinal)));

    private static string Text(SvgReader svg) => string.Join(' ', svg.Elements.Select(static element => element.Value));

    /// <summary>From the top: the kernel, the random gaps, and every segment; the fields point at their borders.</summary>
    [Fact]
    public void TheLayoutHasSegmentsGapsAndTheFieldsOfTheDescriptor()
    {
        SvgReader svg = Figure("layouts", 1, "layout-");
        string[] bands = [.. svg.Boxes("band").Select(static box => box.Of("band")!)];
        Assert.Equal(["Kernel space", "random stack offset", "Stack", "8 MB + random", "mmap ↓, heap ↑", "Heap", "random brk offset", "BSS",
            "Data of flexible", "Text of flexible", "never mapped"], bands);
        ulong[] starts = [.. svg.Boxes("band").Select(static box => Convert.ToUInt64(box.Of("start"), 16))];
        Assert.Equal(starts.OrderDescending(), starts);
        foreach (string field in (string[])["task_size", "start_stack", "mmap_base", "brk", "start_brk", "end_data", "start_code"])
            Assert.Contains(field, Text(svg), StringComparison.Ordinal);
        Assert.DoesNotContain("…", Text(svg), StringComparison.Ordinal);    // nothing is cut
    }

    /// <summary>Pages, frames and limit are those of the text; the push beyond the limit is below its line, and refused.</summary>
    [Fact]
    public void AStackIsDrawnUpToItsLimit()
    {
        SvgReader grown = Figure("stack", 3, "stack-"), beyond = Figure("stack", 4, "stack-");
        Assert.Equal("46", Assert.Single(grown.Boxes("pages")).Of("pages"));
        Assert.Equal(14, grown.Boxes("page").Count);
        Assert.Equal(12, grown.Boxes("change").Count);
        uint limit = uint.Parse(Assert.Single(beyond.Boxes("limit")).Of("limit")!, CultureInfo.InvariantCulture);
        SvgBox refused = Assert.Single(beyond.Boxes("mark"));
        Assert.Equal("1", refused.Of("refused"));
        Assert.True(Convert.ToUInt32(refused.Of("mark"), 16) < 0xC000_0000 - (limit << 12));
        Assert.Equal("0", Assert.Single(grown.Boxes("mark")).Of("refused"));
    }

    /// <summary>A touched hole is drawn in its place: below the area above it, to the point of the address.</summary>
    [Fact]
    public void AccessesAreMarkedWhereTheyWent()
    {
        SvgReader svg = Figure("segfault", 5, "space-");
        Assert.Equal(["c0000000", "30000000", "08048094", "08048094"], svg.Boxes("mark").Select(static box => box.Of("mark")!),
            StringComparer.Ordinal);
        Assert.Equal(["1", "1", "1", "0"], svg.Boxes("mark").Select(static box => box.Of("refused")!), StringComparer.Ordinal);
        Assert.Contains("no area", Text(svg), StringComparison.Ordinal);
        double stack = svg.Boxes("row").First(static box => box.Of("row")!.EndsWith("c0000000", StringComparison.Ordinal)).Y;
        double[] marks = [.. svg.Boxes("mark").Select(static box => box.Y)];
        Assert.True(marks[0] < stack && stack < marks[1] && marks[1] < marks[2]);
    }

    /// <summary>The rows are named, nothing is cut, and no two arrows of a side cross.</summary>
    [Theory]
    [InlineData("libraries", 3), InlineData("copy", 2), InlineData("libraries", 2)]
    public void ArrowsBetweenTwoProcessesDoNotCross(string story, int step)
    {
        SvgReader svg = Figure(story, step, "mapping-");
        Dictionary<string, double> frames = svg.Boxes("frame")
            .ToDictionary(static box => box.Value, static box => box.Y, StringComparer.Ordinal);
        XElement[] arrows = [.. svg.Elements.Where(static one => one.Attribute("data-from") is not null)];
        Assert.NotEmpty(arrows);
        foreach (IGrouping<bool, XElement> side in arrows.GroupBy(static arrow => StartOf(arrow).X < 210))
        {
            double[] targets = [.. side.OrderBy(static arrow => StartOf(arrow).Y)
                .Select(arrow => frames[arrow.Attribute("data-to")!.Value])];
            Assert.Equal(targets.Order(), targets);
        }

        Assert.DoesNotContain("…", Text(svg), StringComparison.Ordinal);

        static (double X, double Y) StartOf(XElement arrow)
        {
            double[] point = [.. arrow.Attribute("d")!.Value[1..].Split('C')[0].Split(' ')
                .Select(static number => double.Parse(number, CultureInfo.InvariantCulture))];
            return (point[0], point[1]);
        }
    }

    /// <summary>The text names a frame that read-ahead has brought: it is there, without an arrow.</summary>
    [Fact]
    public void AFrameThatWaitsInTheSwapCacheIsDrawn()
    {
        SvgReader svg = Figure("heap", 5, "mapping-");
        string waiting = Assert.Single(svg.Boxes("frame"), static box => box.Of("maps") is "0" && box.Value is not "0").Value;
        Assert.DoesNotContain(svg.Elements, arrow => string.Equals(arrow.Attribute("data-to")?.Value, waiting, StringComparison.Ordinal));
        Assert.Contains("waits for a touch", Text(svg), StringComparison.Ordinal);
    }

    /// <summary>The program's page and the kernel's lead to one frame, whose number the kernel's address has.</summary>
    [Theory]
    [InlineData(3), InlineData(4)]
    public void TheKernelsAliasLeadsToTheSameFrame(int step)
    {
        XElement[] arrows = [.. Figure("kernel", step, "mapping-").Elements.Where(static one => one.Attribute("data-from") is not null)];
        Assert.Equal(["b7fff", "c002d"], arrows.Select(static arrow => arrow.Attribute("data-from")!.Value), StringComparer.Ordinal);
        Assert.Equal(["2d", "2d"], arrows.Select(static arrow => arrow.Attribute("data-to")!.Value), StringComparer.Ordinal);
    }

    /// <summary>One frame before the write, two after it, and the writer's entry is the writable one.</summary>
    [Fact]
    public void CopyOnWriteIsThreeMoments()
    {
        SvgReader svg = Figure("copy", 2, "stages");
        Assert.Equal(["1", "2", "3", "3"], svg.Boxes("frame").Select(static box => box.Of("stage")), StringComparer.Ordinal);
        bool[] writable = [.. svg.Boxes("page").Select(static box => (Convert.ToUInt32(box.Of("word"), 16) & 2) != 0)];
        Assert.Equal([false, false, false, false, true, false], writable);
    }

    /// <summary>768 pieces of 4 MB, of which the mapping agrees on two, and the 1,024 pages of one.</summary>
    [Fact]
    public void ThreeGigabytesAreCutIntoPages()
    {
        SvgReader svg = Figure("pagesizes", 1, "pages");
        Assert.Equal((768, 2), (svg.Boxes("piece").Count, svg.Boxes("piece").Count(static box => box.Of("fill") is "an0")));
        Assert.Equal(1024, svg.Boxes("piece-page").Count(static box => box.Of("fill") is "an0"));
        Assert.Equal("b7801", Assert.Single(svg.Boxes("one-page")).Value);
    }

    /// <summary>2 GB with three zones; the used frames are those that the legend of the other picture counts.</summary>
    [Fact]
    public void AMachineOfTwoGigabytesHasZonesAndFewUsedFrames()
    {
        SvgReader svg = Figure("frames", 7, "physical"), frames = Figure("frames", 7, "frames");
        Assert.Equal(["HighMem", "Normal", "DMA"], svg.Boxes("zone").Select(static box => box.Value), StringComparer.Ordinal);
        int used = frames.Boxes("count").Where(static box => box.Value is not ("Free" or "Dirty")).Sum(static box => box.NumberOf("of"));
        Assert.Equal(used, svg.Boxes("run").Sum(static box => box.NumberOf("of")));
        Assert.Equal(used, frames.Boxes("state").Sum(static box => box.NumberOf("cells")));    // one by one, though there are 524,288
    }

    /// <summary>Each run's segments lie in the range that a kernel chooses from, and not two thirds of them at one place.</summary>
    [Fact]
    public void ChanceHasTheBitsOfAKernel()
    {
        SvgReader svg = Figure("aslr", 3, "chance");
        Assert.Equal(["Stack", "Base for mappings", "Heap"], svg.Boxes("row").Select(static box => box.Of("row")!), StringComparer.Ordinal);
        string text = Text(svg);
        foreach (string bits in (string[])["8 MB to choose from, 11 bits", "1 MB to choose from, 8 bits", "32 MB to choose from, 13 bits"])
            Assert.Contains(bits, text, StringComparison.Ordinal);
        Assert.Equal(3 * 32, svg.Boxes("place").Count);
        foreach (SvgBox place in svg.Boxes("place"))
            Assert.InRange(place.X, SvgDrawing.Margin, SvgDrawing.Width - SvgDrawing.Margin);
        Assert.True(svg.Boxes("place").Select(static box => box.Of("place")).Distinct(StringComparer.Ordinal).Count() > 64);
    }

    [Fact]
    public void ARequestIsDrawnBesideTheLargestHole()
    {
        SvgBox[] bars = [.. Figure("fragmentation", 3, "heap").Boxes("request")];
        Assert.Equal(["largest hole", "asked for"], bars.Select(static bar => bar.Of("request")!), StringComparer.Ordinal);
        Assert.Equal(["1504", "4000"], bars.Select(static bar => bar.Of("bytes")!), StringComparer.Ordinal);
        Assert.True(bars[0].Width < bars[1].Width);
    }

    /// <summary>Each variable lies in its segment, with its value; the pointer's arrow arrives at the string.</summary>
    [Fact]
    public void VariablesLieInTheirSegments()
    {
        SvgReader svg = Figure("variables", 5, "variables-");
        (string Name, string Value)[] variables = [.. svg.Boxes("variable").Select(static box => (box.Of("variable")!, box.Of("value")!))];
        Assert.Equal([("cntActiveUsers", "0"), ("cntWorkerBees", "11"), ("gonzo", "0804816e"), ("*gonzo", "\"God's own prototype\"")],
            variables);
        Assert.Equal(["BSS", "Data of gonzo", "Text of gonzo"], svg.Boxes("segment").Select(static box => box.Of("segment")!),
            StringComparer.Ordinal);
        Assert.Single(svg.Elements, static element => string.Equals(element.Attribute("class")?.Value, "ar", StringComparison.Ordinal));
        Assert.DoesNotContain(Figure("variables", 1, "variables-").Boxes("variable"),
            static box => string.Equals(box.Of("value"), "0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2, new[] { 10, 10, 12 }, 0xb7801234)]
    [InlineData(6, new[] { 2, 9, 9, 12 }, 0xb7ffc234)]
    public void TheBitsOfAnAddressAreItsParts(int step, int[] bits, uint address)
    {
        SvgReader svg = Figure("pagesizes", step, "translation-");
        Assert.Equal(bits, svg.Boxes("bits").Select(static box => int.Parse(box.Of("bits")!)));
        uint joined = svg.Boxes("bits").Aggregate(0u, static (sum, box) =>
            (sum << int.Parse(box.Of("bits")!)) | uint.Parse(box.Of("value")!));
        Assert.Equal(address, joined);
    }

    [Fact]
    public void SystemsDivideTheAddressesAsTheyDo() => Assert.Equal(["c0000000", "80000000", "c0000000"],
        Figure("windows", 1, "split").Boxes("system").Select(static box => box.Of("kernel")!), StringComparer.Ordinal);

    [Fact]
    public void TheFirstReadGoesToTheDiskAndBack() => Assert.Equal(7, Figure("read", 2, "flow").Boxes("message").Count);

    /// <summary>
    /// Both sides of the last figure have code, data, heap, a file, a library and a stack. They share the pages that neither has written:
    /// code, two of the file, and the library's code.
    /// </summary>
    [Fact]
    public void TwoProcessesSharePagesOfFiles()
    {
        string[] targets = [.. Figure("libraries", 3, "mapping-").Elements.Select(static element => element.Attribute("data-to")?.Value)
            .OfType<string>()];
        Assert.Equal(16, targets.Length);
        Assert.Equal(4, targets.GroupBy(static frame => frame, StringComparer.Ordinal).Count(static frame => frame.Count() == 2));
    }

    /// <summary>A picture of a machine with much free memory ends a line after the last frame in use, and describes the rest.</summary>
    [Fact]
    public void TheGridOfFramesIsCropped()
    {
        SvgReader svg = Figure("layouts", 1, "frames");
        Assert.Contains(svg.Elements, static element => element.Value.EndsWith("to 1ff: free", StringComparison.Ordinal));
    }

    /// <summary>A step opens the pictures that it has changed; the others are folded.</summary>
    [Fact]
    public void AStepOpensTwoPicturesAndThoseThatChangedFirst()
    {
        Story story = TourStories.All.Single(static candidate => string.Equals(candidate.Name, "brk", StringComparison.Ordinal));
        for (int i = 0; i < story.Steps.Count; i++)
        {
            StoryStep step = story.Steps[i];
            HashSet<string> open = [.. step.KeysToOpen(i == 0 ? null : story.Steps[i - 1])];
            Assert.Equal(2, open.Count);
            if (i == 0) continue;
            string[] changed = [.. step.Figures.Where(figure => !story.Steps[i - 1].Figures.Any(old =>
                string.Equals(old.Key, figure.Key, StringComparison.Ordinal)
                    && string.Equals(old.Drawing.Body, figure.Drawing.Body, StringComparison.Ordinal)))
                .Select(static figure => figure.Key)];
            Assert.Equal(Math.Min(2, changed.Length), open.Count(changed.Contains));
        }
    }
}
