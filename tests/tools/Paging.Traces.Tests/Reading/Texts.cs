using System.IO.Compression;
using System.Text;
using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>Traces as bytes: written, packed, read back.</summary>
internal static class Texts
{
    public static byte[] Bytes(params string[] lines) => Encoding.Latin1.GetBytes(string.Concat(lines.Select(static line => line + "\n")));

    /// <summary>A reference string of a textbook, as a trace.</summary>
    public static byte[] Pages(string pages) => Bytes(pages.Split(' '));

    public static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Optimal)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, level)) gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>All accesses, through a small buffer; in text form, stores with a star.</summary>
    public static string Read(byte[] bytes, TraceFormat format = TraceFormat.Auto)
    {
        using TraceReader reader = TraceReader.Open(new MemoryStream(bytes), "t", format);
        TraceAccess[] buffer = new TraceAccess[3];
        List<string> pages = [];
        int count;
        while ((count = reader.Read(buffer)) > 0)
            pages.AddRange(buffer.Take(count).Select(static access => access.Page + (access.IsStore ? "*" : "")));
        return string.Join(' ', pages);
    }

    public static string Error(byte[] bytes, TraceFormat format = TraceFormat.Auto) =>
        Assert.Throws<TraceFormatException>(() => Read(bytes, format)).Message;
}
