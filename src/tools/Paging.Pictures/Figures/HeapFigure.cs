using System.Globalization;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>A heap to scale, chunk by chunk, in lines of equal length.</summary>
public static class HeapFigure
{
    private const uint BytesOfLine = 4096;
    private const double LineHeight = 26, BarHeight = 17, Left = 84, BarWidth = SvgDrawing.Width - Left - SvgDrawing.Margin;
    private const int LineCountMax = 14;

    /// <summary>Draws chunks that lie one after the other.</summary>
    /// <param name="blocks">The chunks, by address.</param>
    /// <param name="wanted">A request in bytes, up to a line's, to draw beside the largest hole; 0 for none.</param>
    /// <exception cref="ArgumentException">A chunk does not lie after the one before it.</exception>
    public static Figure Draw(IReadOnlyList<HeapBlock> blocks, uint wanted = 0)
    {
        for (int i = 1; i < blocks.Count; i++)
        {
            if (blocks[i].Start.Value < (ulong)blocks[i - 1].Start.Value + blocks[i - 1].ByteLength)
                throw new ArgumentException($"Chunk {i} does not lie after the one before it.", nameof(blocks));
        }

        SvgDrawing svg = new();
        if (blocks.Count == 0) return new("heap", "The heap", "Empty", svg);
        uint start = blocks[0].Start.Value & ~(BytesOfLine - 1);
        ulong end = (ulong)blocks[^1].Start.Value + blocks[^1].ByteLength, used = blocks[^1].Start.Value;
        int pages = (int)((end - start + BytesOfLine - 1) / BytesOfLine);
        int lines = Math.Min(Math.Min(LineCountMax, pages), (int)((used - start) / BytesOfLine) + 2);
        for (int line = 0; line < lines; line++)
        {
            svg.Text(Left - 8, (line * LineHeight) + 12.5, $"{start + (line * BytesOfLine):x8}", TextStyle.Code, TextAnchor.End);
            svg.Box(Left, line * LineHeight, BarWidth, BarHeight, "no");
        }

        foreach (HeapBlock block in blocks) DrawBlock(svg, block, start, lines);
        double y = (lines * LineHeight) + 12;
        uint held = (uint)blocks.Where(static block => block.IsInUse).Sum(static block => (long)block.ByteLength);
        uint free = (uint)blocks.Where(static block => !block.IsInUse).Sum(static block => (long)block.ByteLength);
        string inUse = Chunks(blocks.Count(static block => block.IsInUse));
        svg.LegendEntry(SvgDrawing.Margin, y, "an", $"in use: {SvgText.Bytes(held)} in {inUse}");
        svg.LegendEntry(214, y, "hollow", $"free: {SvgText.Bytes(free)} in {Chunks(blocks.Count(static block => !block.IsInUse))}");
        string rest = (pages - lines) switch { 0 => "", 1 => " 1 free page follows.", int many => $" {many} free pages follow." };
        svg.Text(SvgDrawing.Margin, y + 20, "A line is a page of 4 KB, to scale." + rest, TextStyle.Note);
        svg.Reach(y + 24);
        if (wanted != 0) DrawRequest(svg, blocks, wanted, y + 34);
        return new("heap", "The heap, chunk by chunk",
            $"{held} bytes in use, {free} bytes free in {blocks.Count(static block => !block.IsInUse)} chunks", svg);
    }

    /// <summary>The largest hole between chunks, and below it the requested size, on the same scale.</summary>
    private static void DrawRequest(SvgDrawing svg, IReadOnlyList<HeapBlock> blocks, uint wanted, double y)
    {
        uint largest = blocks.SkipLast(1).Where(static block => !block.IsInUse).Max(static block => (uint?)block.ByteLength) ?? 0;
        (string, string, uint)[] bars = [("largest hole", "hollow", largest), ("asked for", "an", wanted)];
        foreach ((string name, string fill, uint bytes) in bars)
        {
            svg.Text(Left - 8, y + 12.5, name, TextStyle.Note, TextAnchor.End);
            double width = BarWidth * Math.Min(bytes, BytesOfLine) / BytesOfLine;
            svg.Box(Left, y, width, BarHeight, fill, ("request", name), ("bytes", bytes.ToString(CultureInfo.InvariantCulture)));
            string words = $"{SvgText.Count(bytes)} bytes";
            bool isInside = width > BarWidth / 2;
            svg.Text(isInside ? Left + 6 : Left + width + 6, y + 12.5, words, isInside ? TextStyle.Inverse : TextStyle.Note);
            y += LineHeight;
        }
    }

    private static void DrawBlock(SvgDrawing svg, HeapBlock block, uint start, int lines)
    {
        ulong from = block.Start.Value - start, end = from + block.ByteLength;
        while (from < end && from / BytesOfLine < (ulong)lines)
        {
            ulong line = from / BytesOfLine, stop = Math.Min(end, (line + 1) * BytesOfLine);
            double x = Left + (BarWidth * (from % BytesOfLine) / BytesOfLine), width = BarWidth * (stop - from) / BytesOfLine;
            svg.Box(x, line * LineHeight, width, BarHeight, block.IsInUse ? "an" : "hollow", ("chunk", $"{block.Start.Value:x8}"),
                ("bytes", (stop - from).ToString(CultureInfo.InvariantCulture)));
            if (block.IsInUse && width > 1.6) svg.Box(x + width - 0.8, line * LineHeight, 0.8, BarHeight, "paper");
            from = stop;
        }
    }

    private static string Chunks(int count) => count == 1 ? "1 chunk" : $"{count} chunks";
}
