using System.Text;
using Paging.Cli.Run.Trace;
using Paging.Core;
using Paging.Guest;
using Paging.Processors;
using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>What <c>paging run --trace</c> writes, <c>paging replay</c> reads.</summary>
public sealed class AccessTraceWriterTests : IDisposable
{
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 1 << 20 });

    [Fact]
    public void EachAccessIsALineAsLackeyPrintsIt() => Assert.Equal(
        "I  08049000,3\n L 0804b008,4\n S 0804bffc,8\n M 0804b008,4\nI  08049003,2\n", Write(TraceFormat.Lackey, TraceUnit.Access));

    [Fact]
    public void TheAddressFormHasDataAndCountsInstructions() => Assert.Equal(
        "l 0x804b008 1\ns 0x804bffc 0\ns 0x804b008 0\n", Write(TraceFormat.Address, TraceUnit.Access));

    [Fact]
    public void ARunOfAccessesToAPageIsALine() => Assert.Equal(
        "I  08049000,4096\n S 0804b000,4096\n S 0804c000,4096\n M 0804b000,4096\nI  08049000,4096\n",
        Write(TraceFormat.Lackey, TraceUnit.Page));

    [Theory]
    [InlineData(TraceFormat.Lackey)]
    [InlineData(TraceFormat.Address)]
    public void ReplayReadsIt(TraceFormat format)
    {
        byte[] text = Encoding.ASCII.GetBytes(Write(format, TraceUnit.Access));
        using TraceReader reader = TraceReader.Open(new MemoryStream(text), "trace");
        TraceAccess[] accesses = new TraceAccess[16];
        Assert.True(reader.Read(accesses) > 0);
        Assert.Equal(format, reader.Format);
    }

    [Fact]
    public void ASampleHasAllAccessesOfAPageOrNone()
    {
        using UserProcess process = _engine.CreateProcess("sampled");
        MemoryStream stream = new();
        using (AccessTraceWriter writer = new(stream, new("-", TraceFormat.Address, TraceUnit.Access, SampleEvery: 4, HasChildren: false)))
        {
            for (uint round = 0; round < 3; round++)
                for (uint page = 0; page < 4000; page++) writer.Take(new(process, new(page << 12), 4, GuestAccessKind.Load));
        }

        string[] lines = Encoding.ASCII.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines.GroupBy(static line => line, StringComparer.Ordinal), static page => Assert.Equal(3, page.Count()));
        Assert.InRange(lines.Length, 3 * 850, 3 * 1150);
    }

    [Fact]
    public void AChildIsThereOnlyIfItIsAskedFor()
    {
        using UserProcess parent = _engine.CreateProcess("parent"), child = _engine.CreateProcess("child");
        foreach (bool hasChildren in (bool[])[false, true])
        {
            MemoryStream stream = new();
            using (AccessTraceWriter writer = new(stream, new("-", TraceFormat.Lackey, TraceUnit.Access, 1, hasChildren)))
            {
                writer.Take(new(parent, new(0x1000), 4, GuestAccessKind.Load));
                writer.Take(new(child, new(0x1000), 4, GuestAccessKind.Load));
            }

            Assert.Equal(hasChildren ? " L 00001000,4\n L 100001000,4\n" : " L 00001000,4\n", Encoding.ASCII.GetString(stream.ToArray()));
        }
    }

    /// <summary>Other errors of a run are not the trace's; standard output is the command's own, which reports it.</summary>
    [Fact]
    public void AFileThatCannotBeWrittenIsNamed()
    {
        using UserProcess process = _engine.CreateProcess("traced");
        GuestAccess access = new(process, new(0x1000), 4, GuestAccessKind.Load);
        TraceRequest request = new("full", TraceFormat.Lackey, TraceUnit.Access, 1, HasChildren: false);
        AccessTraceWriter writer = new(new FullStream(), request), last = new(new FullStream(), request),
            piped = new(new FullStream(), request with { Path = "-" });
        Assert.Equal("--trace full: cannot be written: full", Assert.Throws<TraceFileException>(FillBuffer).Message);
        writer.Dispose();
        last.Take(access);
        Assert.Throws<TraceFileException>(last.Dispose);
        piped.Take(access);
        Assert.Throws<IOException>(piped.Dispose);
        Assert.Throws<TraceFileException>(() => AccessTraceWriter.Open(request with { Path = Path.GetTempPath() }));

        void FillBuffer()
        {
            while (true) writer.Take(access);
        }
    }

    public void Dispose() => _engine.Dispose();

    private string Write(TraceFormat format, TraceUnit unit)
    {
        using UserProcess process = _engine.CreateProcess("traced");
        MemoryStream stream = new();
        using (AccessTraceWriter writer = new(stream, new("-", format, unit, SampleEvery: 1, HasChildren: false)))
        {
            writer.Take(new(process, new(0x0804_9000), 3, GuestAccessKind.Fetch));
            writer.Take(new(process, new(0x0804_B008), 4, GuestAccessKind.Load));
            writer.Take(new(process, new(0x0804_BFFC), 8, GuestAccessKind.Store));
            writer.Take(new(process, new(0x0804_B008), 4, GuestAccessKind.Modify));
            writer.Take(new(process, new(0x0804_9003), 2, GuestAccessKind.Fetch));
        }

        return Encoding.ASCII.GetString(stream.ToArray());
    }

    /// <summary>A disk without space.</summary>
    private sealed class FullStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (count > 0) throw new IOException("full");
        }
    }
}
