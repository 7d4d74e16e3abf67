namespace Paging.Traces.Reading;

/// <summary>Decompresses a stream that begins as gzip does, regardless of its name.</summary>
internal static class GzipDetection
{
    /// <summary>The stream's text; it owns the stream.</summary>
    public static Stream Unpack(Stream stream)
    {
        byte[] beginning = new byte[2];
        int count = stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false);
        JoinedStream whole = new(new MemoryStream(beginning, 0, count, writable: false), stream);
        return count == 2 && beginning is [0x1F, 0x8B] ? new WholeGzipStream(whole) : whole;
    }
}
