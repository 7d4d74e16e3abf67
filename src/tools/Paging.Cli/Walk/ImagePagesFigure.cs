using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Writing;
using Paging.Programs.Images;

namespace Paging.Cli.Walk;

/// <summary>Pages of one or two spaces of an image, their frames, and the entries between them.</summary>
/// <remarks>An arrow is a present entry: whole if it is writable, dashed if it is read-only.</remarks>
internal static class ImagePagesFigure
{
    /// <summary>The pages of a picture.</summary>
    public const int PageCountMax = 64;

    private const double RowHeight = 25, Top = 38, PageWidth = 100, FrameLeft = 156, FrameWidth = 108;

    /// <summary>Draws a range of pages.</summary>
    /// <param name="range">The pages, at most <see cref="PageCountMax"/>.</param>
    /// <param name="spaces">The spaces; the first two are drawn.</param>
    public static Figure Draw(PageRange range, IReadOnlyList<ImageSpace> spaces)
    {
        SvgDrawing svg = new();
        ImageSpace[] shown = [.. spaces.Take(2)];
        ImageEntry?[][] columns = [.. shown.Select(space => Read(space, range))];
        ulong[] frames = [.. columns.SelectMany(static column => column).OfType<ImageEntry>().Select(FrameOf).Distinct()
            .OrderBy(frame => columns.SelectMany(static column => column.Index())
                .Where(one => one.Item is { } entry && FrameOf(entry) == frame).Average(static one => one.Index))];    // few arrows cross
        double rows = Math.Max(range.Count.Value, frames.Length), frameTop = Top + ((rows - frames.Length) * RowHeight / 2);
        double pageTop = Top + ((rows - range.Count.Value) * RowHeight / 2);
        svg.Text(FrameLeft + (FrameWidth / 2), 13, "RAM", TextStyle.Strong, TextAnchor.Middle);
        svg.Text(FrameLeft + (FrameWidth / 2), 27, "frames", TextStyle.Note, TextAnchor.Middle);
        for (int i = 0; i < frames.Length; i++)
        {
            int count = columns.Sum(column => column.Count(one => one is { } entry && FrameOf(entry) == frames[i]));
            double y = frameTop + (i * RowHeight);
            svg.Box(FrameLeft, y, FrameWidth, RowHeight - 4, "an", ("frame", $"{frames[i]:x}"), ("maps", SvgText.Number(count)));
            svg.Text(FrameLeft + 7, y + 14.5, $"{frames[i]:x3}", TextStyle.Inverse);
            if (count > 1) svg.Text(FrameLeft + FrameWidth - 7, y + 14.5, $"{count} times", TextStyle.Inverse, TextAnchor.End);
        }

        for (int i = 0; i < shown.Length; i++)
        {
            bool isLeft = i == 0;
            double x = isLeft ? SvgDrawing.Margin : SvgDrawing.Width - SvgDrawing.Margin - PageWidth;
            svg.Text(x, 13, shown[i].Name, TextStyle.Strong, TextAnchor.Start, PageWidth + 30);
            for (int page = 0; page < columns[i].Length; page++)
            {
                double y = pageTop + (page * RowHeight);
                uint address = range.First.Value + (uint)page << 12;
                svg.Box(x, y, PageWidth, RowHeight - 4, "an0", ("page", $"{address:x8}"));
                svg.Text(x + 7, y + 14.5, $"{address:x8}", TextStyle.Code);
                if (columns[i][page] is not { } entry) continue;
                double to = frameTop + (Array.IndexOf(frames, FrameOf(entry)) * RowHeight) + 10, from = y + 10;
                (double start, double end) = isLeft ? (x + PageWidth, FrameLeft) : (x, FrameLeft + FrameWidth);
                svg.Curve(entry.IsWritable ? "ar" : "ro", (start, from), (end, to),
                    ("entry", $"{address:x8}"), ("word", $"{entry.Word:x}"));
            }
        }

        svg.Text(SvgDrawing.Margin, Top + (rows * RowHeight) + 14, "whole: writable · dashed: read-only · none: a page fault",
            TextStyle.Note);
        svg.Reach(Top + (rows * RowHeight) + 20);
        return new("image-pages", "From pages to frames", string.Join(". ", shown.Index().Select(space => $"{space.Item.Name}: "
            + string.Join(", ", columns[space.Index].Index()
                .Select(one => Describe(range.First + new PageCount((uint)one.Index), one.Item))))), svg);

        static string Describe(PageNumber page, ImageEntry? one) => $"{page.Value << 12:x8} "
            + (one is { } entry ? $"to frame {FrameOf(entry):x}, {(entry.IsWritable ? "writable" : "read-only")}" : "absent");

        static ulong FrameOf(ImageEntry entry) => entry.Physical.Value >> 12;
    }

    /// <summary>The entry of each page, cut to the page if it is a large one; null if it is absent.</summary>
    private static ImageEntry?[] Read(ImageSpace space, PageRange range)
    {
        ImageEntry?[] entries = new ImageEntry?[range.Count.Value];
        for (int i = 0; i < entries.Length; i++)
        {
            VirtualAddress address = new(range.First.Value + (uint)i << 12);
            space.Tables.Walk(address, out ImageEntry? mapping);
            if (mapping is not { } entry) continue;
            ulong physical = entry.Physical.Value + (address.Value - entry.Address.Value);
            entries[i] = new(address, physical | (entry.Word & 0xFFF), entry.Upper, 0x1000);
        }

        return entries;
    }
}
