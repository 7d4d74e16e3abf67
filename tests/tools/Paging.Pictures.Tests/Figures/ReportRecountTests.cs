using System.Globalization;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Reports;
using Paging.Pictures.Writing;
using Xunit;

namespace Paging.Pictures.Tests;

/// <summary>Figures of reports beside their numbers: every event is in one cell, every byte of a chunk in one bar.</summary>
public sealed class ReportRecountTests
{
    private const int Columns = 48, RowsMax = 24;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    /// <summary>Events at the first moment, at the last and after it, and in so many pages that a row stands for several.</summary>
    [Theory, MemberData(nameof(Seeds))]
    public void EachEventIsInTheCellOfItsTimeAndAddress(int seed)
    {
        Random random = new(seed);
        long end = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 100), _ => random.Next(100, 100_000) };
        int pages = random.Next(2) == 0 ? random.Next(1, 30) : random.Next(30, 3000);
        List<(long Time, uint Page)> events = [.. Enumerable.Range(0, random.Next(0, 400)).Select(_ =>
            ((long)random.NextInt64(end + 1), 0x8_0000 + (uint)random.Next(pages)))];
        if (events.Count > 2) (events[0], events[1]) = ((0, events[0].Page), (end, events[1].Page));
        Figure figure = HeatMapFigure.Draw(events, end, "calls");
        SvgReader svg = new(figure);

        int shift = 0;
        while (events.Select(one => one.Page >> shift).Distinct().Count() > RowsMax) shift++;
        uint[] rows = [.. events.Select(one => one.Page >> shift).Distinct().OrderDescending()];
        Dictionary<string, int> expected = [];
        foreach ((long time, uint page) in events)
        {
            long column = Math.Min(Columns - 1, end == 0 ? time * Columns : time * Columns / end);
            string cell = string.Create(CultureInfo.InvariantCulture, $"{Array.IndexOf(rows, page >> shift)},{column}");
            expected[cell] = expected.GetValueOrDefault(cell) + 1;
        }

        Assert.Equal(expected, svg.Boxes("cell").ToDictionary(
            static box => box.Value, static box => box.NumberOf("count"), StringComparer.Ordinal));
        foreach (SvgBox box in svg.Boxes("cell"))
        {
            string[] place = box.Value.Split(',');
            double column = double.Parse(place[1], CultureInfo.InvariantCulture), width = box.Width;
            Assert.Equal(74 + (column * width), box.X, 0.01);
            Assert.True(box.X + width <= SvgDrawing.Width - SvgDrawing.Margin + 0.01, box.Value);
            Assert.True(box.Y + box.Height <= figure.Drawing.Height, box.Value);
        }

        int most = expected.Count == 0 ? 0 : expected.Values.Max();
        Assert.Equal($"{events.Count} faults in {rows.Length} ranges of addresses", figure.Description);
        if (most > 1) Assert.Contains($"1 to {most} faults in a cell:", svg.Texts, StringComparer.Ordinal);
    }

    /// <summary>Chunks inside a line, over the end of one, over several, and beyond the lines that are drawn.</summary>
    [Theory, MemberData(nameof(Seeds))]
    public void EachByteOfAChunkIsInOneBar(int seed)
    {
        Random random = new(seed);
        uint start = 0x0804_C000 + (uint)random.Next(0, 256) * 16, at = start;
        List<HeapBlock> blocks = [];
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            uint length = (uint)random.Next(1, random.Next(4) == 0 ? 1000 : 40) * 16;
            blocks.Add(new(new(at), length, random.Next(2) == 0));
            at += length + (uint)(random.Next(3) == 0 ? 16 : 0);    // a gap that is no chunk
        }

        SvgReader svg = new(HeapFigure.Draw(blocks));
        uint first = start & ~0xFFFu;
        int pages = (int)((at - first + 0xFFF) >> 12);
        int lines = svg.Texts.Count(static text => text.Length == 8 && text.StartsWith("080", StringComparison.Ordinal));
        Assert.InRange(lines, 1, pages);
        ILookup<string, SvgBox> drawn = svg.Boxes("chunk").ToLookup(static box => box.Value, StringComparer.Ordinal);
        foreach (HeapBlock block in blocks)
        {
            uint shown = Math.Min(block.ByteLength, Math.Max(first + ((uint)lines << 12), block.Start.Value) - block.Start.Value);
            SvgBox[] bars = [.. drawn[$"{block.Start.Value:x8}"]];
            Assert.Equal(shown, (uint)bars.Sum(static bar => bar.NumberOf("bytes")));
            Assert.Equal(shown == 0 ? 0 : (int)(((block.Start.Value + shown - 1) >> 12) - (block.Start.Value >> 12) + 1), bars.Length);
            foreach (SvgBox bar in bars)
                Assert.Equal(bar.NumberOf("bytes") / 4096.0, bar.Width / (SvgDrawing.Width - 84 - SvgDrawing.Margin), 0.001);
        }

        SvgBox[] all = [.. svg.Boxes("chunk")];
        for (int i = 0; i < all.Length; i++)
            for (int j = 0; j < i; j++) Assert.False(all[i].Overlaps(all[j]), $"{all[i].Value} {all[j].Value}");
    }

    /// <summary>Two lines of a chart may share a colour, or dashes; no two share both, in the picture as in its key.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(17)]
    [InlineData(32)]
    public void NoTwoLinesLookAlike(int count)
    {
        Figure figure = LineChartFigure.Draw("k", "t", "frames", "misses", [.. Enumerable.Range(0, count)
            .Select(static line => new ChartSeries($"line {line}", [(1, line), (2, line + 1)]))]);
        Assert.Equal(count, figure.Lines.Count);
        Assert.Equal(count, figure.Lines.Select(static line => line.Stroke).Distinct(StringComparer.Ordinal).Count());
        string[] strokes = [.. new SvgReader(figure).Elements.Select(static path => path.Attribute("class")?.Value ?? "")];
        Assert.All(figure.Lines, line => Assert.Contains(line.Stroke, strokes, StringComparer.Ordinal));
    }
}
