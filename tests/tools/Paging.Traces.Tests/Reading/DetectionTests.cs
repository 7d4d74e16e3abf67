using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>The first line that is not blank determines the form; the first bytes, whether it is packed.</summary>
public class DetectionTests
{
    [Theory]
    [InlineData(TraceFormat.Lackey, "==7066== Lackey, an example Valgrind tool")]
    [InlineData(TraceFormat.Lackey, "I  0401ab70,3")]
    [InlineData(TraceFormat.Lackey, " S 1fff000538,8")]
    [InlineData(TraceFormat.Address, "s 0x1fffff50 1")]
    [InlineData(TraceFormat.Arc, "230027 8 0 0")]
    [InlineData(TraceFormat.Lirs, "2819")]
    [InlineData(TraceFormat.Lirs, "*")]
    [InlineData(TraceFormat.Drmemtrace, "Output format:")]
    [InlineData(TraceFormat.Drmemtrace, "   173370: T1774669 read         8 byte(s) @ 0x00007f8881e37c70 by PC 0x0000000000402680")]
    [InlineData(TraceFormat.Csv, "time;id;size")]
    [InlineData(TraceFormat.Csv, "5633898\t42932745\t512")]
    [InlineData(TraceFormat.Csv, "17,1")]
    [InlineData(TraceFormat.Csv, "0x17")]
    [InlineData(TraceFormat.Csv, "page")]
    [InlineData(TraceFormat.Csv, "time,id,size,op")]
    [InlineData(TraceFormat.Csv, "5633898,42932745,512")]
    public void ByTheFirstLine(TraceFormat format, string line)
    {
        foreach (byte[] bytes in new[] { Texts.Bytes(line), Texts.Bytes("", "  \t", line + "\r"), Texts.Gzip(Texts.Bytes(line)) })
        {
            using TraceReader reader = TraceReader.Open(new MemoryStream(bytes), "t");
            Assert.Equal(format, reader.Format);
        }
    }

    [Fact]
    public void ALineOfNoFormIsRefused() =>
        Assert.Equal("t:2: not a line of lackey (I 0401ab70,3), address (s 0x1fffff50 1), arc (first count ignored request), lirs (block), "
            + "drmemtrace's view (read 8 byte(s) @ 0x7ffd), perf script (cpu/mem-loads/: 7ffd) or csv ('page', "
            + "'page,store' with store 0 or 1, or 'time,id,size,op' with or without op): \"1 2 3\"",
            Texts.Error(Texts.Bytes("", "1 2 3")));

    /// <summary>One name alone may be any text; with other columns, or where the form is named, it is a page.</summary>
    [Fact]
    public void ALoneNameIsNoSignOfAForm()
    {
        Assert.StartsWith("t:1: not a line of ", Texts.Error(Texts.Bytes("hello")), StringComparison.Ordinal);
        string[] pages = Texts.Read(Texts.Bytes("A", "B", "A"), TraceFormat.Csv).Split(' ');
        Assert.Equal(3, pages.Length);
        Assert.Equal(pages[0], pages[2]);
        Assert.NotEqual(pages[0], pages[1], StringComparer.Ordinal);
    }

    [Fact]
    public void NothingIsRefused() => Assert.Equal("t:1: empty: there is no line to tell the format by", Texts.Error([]));

    [Fact]
    public void NothingInAKnownFormIsAnEmptyTrace() => Assert.Equal("", Texts.Read([], TraceFormat.Lirs));
}
