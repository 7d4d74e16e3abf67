using Paging.Pictures.Figures;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary>The figures of the articles, as the stories draw them: each says what the machine says.</summary>
public sealed class ArticleFigureTests
{
    private static SvgReader Figure(string story, int step, string key) => new(Told.All
        .Single(told => string.Equals(told.Name, story, StringComparison.Ordinal)).Steps[step - 1].Figures
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
    [InlineData(5, new[] { 2, 9, 9, 12 }, 0xb7ffc234)]
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

    /// <summary>Both sides of the last figure have runs of a file, a library and a stack, and share what comes from files.</summary>
    [Fact]
    public void TwoProcessesShareWhatComesFromFiles()
    {
        string[] targets = [.. Figure("libraries", 3, "mapping-").Elements.Select(static element => element.Attribute("data-to")?.Value)
            .OfType<string>()];
        Assert.Equal(10, targets.Length);
        Assert.Equal(3, targets.GroupBy(static frame => frame, StringComparer.Ordinal).Count(static frame => frame.Count() == 2));
    }

    /// <summary>A picture of a machine with much free memory ends a line after the last frame in use, and says what the rest is.</summary>
    [Fact]
    public void TheGridOfFramesIsCropped()
    {
        SvgReader svg = Figure("layouts", 1, "frames");
        Assert.Contains(svg.Elements, static element => element.Value.EndsWith("to 1ff: free", StringComparison.Ordinal));
    }

    /// <summary>A step opens what it has changed; what stays as it was is folded.</summary>
    [Fact]
    public void AStepOpensTwoPicturesAndThoseThatChangedFirst()
    {
        Story story = Told.All.Single(static told => string.Equals(told.Name, "brk", StringComparison.Ordinal));
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
