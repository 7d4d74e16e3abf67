using System.IO.Compression;
using System.Text;
using Paging.Traces;
using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>Streams of bytes: line ends, long lines, packed and damaged data, and no end in sight.</summary>
public class ReaderTests
{
    [Theory]
    [InlineData("1\n2\n3\n")]
    [InlineData("1\n2\n3")]
    [InlineData("1\r\n2\r\n3\r\n")]
    [InlineData("\n1\n\n2\n \n3\n\n")]
    public void LineEndsDoNotMatter(string text) => Assert.Equal("1 2 3", Texts.Read(Encoding.ASCII.GetBytes(text)));

    /// <summary>Found by the fuzzer.</summary>
    [Fact]
    public void AListOfSimulatorsWithAHoleIsRefused()
    {
        using TraceReader reader = TraceReader.Open(new MemoryStream("1\n2\n"u8.ToArray()), "t");
        Assert.Equal("simulators", Assert.Throws<ArgumentException>(() => new TraceReplay().Run(reader, [null!])).ParamName);
    }

    [Fact]
    public void ARunGoesOnAcrossBuffers() => Assert.Equal("1 2 3 4 5 6 7 9 10", Texts.Read(Texts.Bytes("1 7 0 0", "9 2 0 1")));

    [Fact]
    public void LinesCrossTheEdgesOfTheBuffer()
    {
        string[] lines = [.. Enumerable.Range(0, 60_000).Select(static number => (number * 7919L).ToString())];
        Assert.Equal(string.Join(' ', lines), Texts.Read(Texts.Bytes(lines)));
        Assert.Equal(string.Join(' ', lines), Texts.Read(Texts.Gzip(Texts.Bytes(lines))));
    }

    [Fact]
    public void ALineMayFillTheBufferAndNoMore()
    {
        string blanks = new(' ', LineReader.LineByteLengthMax - 2);
        Assert.Equal("1 7", Texts.Read(Texts.Bytes("1", blanks + "7")));
        Assert.Equal("t:2: a line is longer than 65536 bytes", Texts.Error(Texts.Bytes("1", blanks + " 7")));
        Assert.Equal("t:1: a line is longer than 65536 bytes", Texts.Error(new byte[1 << 20]));
        byte[] last = Texts.Bytes("1", blanks + "7")[..^1], longer = Texts.Bytes("1", blanks + " 7")[..^1];    // without an end of line
        Assert.Equal("1 7", Texts.Read(last));
        Assert.Equal("t:2: a line is longer than 65536 bytes", Texts.Error(longer));
    }

    [Fact]
    public void SeveralGzipMembersAreOneTrace() =>
        Assert.Equal("1 2", Texts.Read([.. Texts.Gzip(Texts.Bytes("1")), .. Texts.Gzip(Texts.Bytes("2"))]));

    [Fact]
    public void GzipCutShortAnywhereIsNoticed()
    {
        byte[] whole = Texts.Gzip(Texts.Bytes([.. Enumerable.Range(0, 300).Select(static number => (number * 31 % 97).ToString())]));
        for (int length = 2; length < whole.Length; length++)
            Assert.Contains("the gzip data are damaged: ", Texts.Error(whole[..length]), StringComparison.Ordinal);
    }

    /// <summary>A longer block that is cut unpacks as nonsense first: the message names the damaged archive all the same.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void LongGzipCutShortIsNotTakenForNonsense()
    {
        Random random = new(5);
        byte[] whole = Texts.Gzip(Texts.Bytes([.. Enumerable.Range(0, 60_000).Select(_ => $"s 0x{random.Next():x} {random.Next(9)}")]));
        for (int length = 3; length < whole.Length; length += 4_099)
            Assert.Matches("^t:[0-9]+(:[0-9]+)?: the gzip data are damaged: ", Texts.Error(whole[..length]));
    }

    /// <summary>The same where the text is in the file as it is: the bytes after the cut are a line that no format has.</summary>
    [Fact]
    public void StoredGzipCutShortIsNotTakenForNonsense()
    {
        byte[] whole = Texts.Gzip(Texts.Bytes([.. Enumerable.Range(1000, 300).Select(static number => $"s 0x{number:x} 4")]),
            CompressionLevel.NoCompression);
        for (int length = 3; length < whole.Length; length += 5)
            Assert.Matches("^t:[0-9]+(:[0-9]+)?: the gzip data are damaged: ", Texts.Error(whole[..length]));
    }

    public static TheoryData<TraceFormat> Formats => [.. Enum.GetValues<TraceFormat>()];

    /// <summary>Also a reader that has read nothing, and one that is not made.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void TheStreamIsClosed(TraceFormat format)
    {
        byte[] text = Texts.Bytes("s 0x1000 4");
        foreach (byte[] bytes in (byte[][])[text, Texts.Gzip(text)])
        {
            MemoryStream stream = new(bytes);
            TraceReader reader = TraceReader.Open(stream, "t", format);
            Assert.True(stream.CanRead);
            reader.Dispose();
            Assert.False(stream.CanRead);
        }

        foreach (byte[] bytes in (byte[][])[[.. "BZh91AY"u8], [0x1F, 0x8B, 8]])
        {
            MemoryStream stream = new(bytes);
            TraceFormatException refusal = Assert.Throws<TraceFormatException>(() =>
            {
                using TraceReader reader = TraceReader.Open(stream, "t", format);
                reader.Read(new TraceAccess[1]);
            });
            Assert.StartsWith("t:1: ", refusal.Message, StringComparison.Ordinal);
            Assert.False(stream.CanRead);
        }
    }

    [Fact]
    public void GzipWithAFlippedBitIsNoticed()
    {
        byte[] whole = Texts.Gzip(Texts.Bytes([.. Enumerable.Range(0, 300).Select(static number => (number * 31 % 97).ToString())]));
        for (int position = 10; position < whole.Length; position++)    // the header has fields that are not read
        {
            byte[] damaged = [.. whole];
            damaged[position] ^= 4;
            Assert.StartsWith("t:", Texts.Error(damaged), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void BytesBehindGzipAreNoticed() =>
        Assert.Contains("followed by something else", Texts.Error([.. Texts.Gzip(Texts.Bytes("1")), 1, 2, 3]), StringComparison.Ordinal);

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void HostileBytesAreReadOrRefused(int seed)
    {
        Random random = new(seed);
        byte[][] seeds = [Texts.Bytes(" S 1fff000538,8", "I  0401ab70,3"), Texts.Bytes("s 0x1fffff50 1"), Texts.Bytes("1 2 3 4"),
            Texts.Bytes("12", "*"), Texts.Bytes("1,0"), Texts.Gzip(Texts.Bytes("1"))];
        for (int round = 0; round < 400; round++)
        {
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int change = random.Next(6); change > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            foreach (TraceFormat format in Enum.GetValues<TraceFormat>())
            {
                try
                {
                    _ = Texts.Read(bytes, format);
                }
                catch (TraceFormatException exception)
                {
                    Assert.Matches("^t:[0-9]+(:[0-9]+)?: [^\\n]+$", exception.Message);
                }
            }
        }
    }

    /// <summary>A trace of 60 MB goes through without staying.</summary>
    [Fact]
    public void MemoryDoesNotGrowWithTheTrace()
    {
        using TraceReader reader = TraceReader.Open(new EndlessLines(lineCount: 10_000_000), "t");
        TraceAccess[] buffer = new TraceAccess[1 << 12];
        long before = GC.GetAllocatedBytesForCurrentThread();
        long total = 0;
        int count;
        while ((count = reader.Read(buffer)) > 0) total += count;
        Assert.Equal(10_000_000, total);
        // With what the runtime takes for itself meanwhile
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    private sealed class EndlessLines(int lineCount) : ReadOnlyStream
    {
        private int _left = lineCount;

        public override int Read(Span<byte> buffer)
        {
            int length = 0;
            for (; _left > 0 && length + 6 <= buffer.Length; _left--)
            {
                "12345\n"u8.CopyTo(buffer[length..]);
                length += 6;
            }
            return length;
        }
    }
}
