using System.Globalization;
using System.Text;
using Paging.Cli;

namespace Paging.Traces.Tests;

/// <summary><c>paging tlb</c>: its counts on traces small enough for a pencil, its charts, and bad usage in one line.</summary>
public sealed class TlbTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Each of 40 pages is loaded from code on one page, in lackey's form, twice over.</summary>
    private string Loop()
    {
        StringBuilder text = new();
        for (int round = 0; round < 2; round++)
            for (int page = 0; page < 40; page++)
                text.Append("I  08048000,2\n L 7fff").Append((0x10000000 + (page << 12)).ToString("x")).Append(",4\n");
        return _directory.Write("loop.lackey", Encoding.ASCII.GetBytes(text.ToString()));
    }

    private (int Code, string Output, string Errors) Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter errors = new();
        int code = CommandLine.Run(["tlb", .. args], output, errors, static _ =>
            throw new InvalidOperationException("no machine is needed"),
            input: static () => Stream.Null);
        return (code, output.ToString(), errors.ToString());
    }

    [Fact]
    public void ASweepCountsWhatAPencilDoes()
    {
        // 41 pages in a loop: with 64 entries each misses once. With 16 all 80 loads miss; the code's page is the newest but one for LRU,
        // and FIFO drops it after each 16 loads. Lines of entries: 3 + 5 for the data, whose table has 8 in a line, and 4 for the code.
        (int code, string output, string errors) = Run(Loop(), "--entries", "64,16", "--replacement", "lru,fifo", "--csv");
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal("""
            trace,entries,ways,replacement,accesses,first_misses,walks,entry_reads,line_misses,entries_skipped
            loop,16,16,lru,160,81,81,324,12,0
            loop,64,64,lru,160,41,41,164,12,0
            loop,16,16,fifo,160,85,85,340,12,0
            loop,64,64,fifo,160,41,41,164,12,0

            """, output);
    }

    [Fact]
    public void TheMachinesOwnHardwareSeparatesCodeAndData()
    {
        (int code, string output, string errors) = Run(Loop(), "--costs", "desktop-2009");
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("loop: 160 accesses on the TLBs of desktop-2009, pages of 4 KB", output, StringComparison.Ordinal);
        Assert.Matches(@"fetches +80 +1 +1\.25 % +1 +1\.25 %", output);
        Assert.Matches(@"loads +80 +80 +100\.00 % +40 +50\.00 %", output);    // 40 pages are too many for 16 entries …
        Assert.Contains("41 walks read", output, StringComparison.Ordinal);    // … and few enough for 256
        Assert.Matches(@"DTLB1 +2 .*256 entries, 4-way, plru +1 MB", output);
    }

    [Fact]
    public void SwitchesCostTheMissesAfterThem()
    {
        (_, string output, _) = Run(Loop(), "--entries", "64", "--switch-every", "80", "--csv");
        Assert.Contains("loop,64,64,lru,160,82,82,", output, StringComparison.Ordinal);
    }

    [Fact]
    public void LargePagesReachFarther()
    {
        (_, string output, _) = Run(Loop(), "--entries", "16", "--large");
        Assert.Contains("large pages (2 MB)", output, StringComparison.Ordinal);
        Assert.Matches(@"16 +full +lru +32 MB +2 +1\.25", output);    // 40 pages of data lie in one large page, the code in another
    }

    [Fact]
    public void AMapBesideTheTraceMixesSizes()
    {
        // 8 pages from 20000000 on, and 8 from 20400000 on: the first 2 MB are large, the others are small ones.
        StringBuilder text = new();
        for (int lap = 0; lap < 2; lap++)
            foreach (uint start in (uint[])[0x2000_0000, 0x2040_0000])
                for (uint page = 0; page < 8; page++) text.Append(CultureInfo.InvariantCulture, $" L {start + (page << 12):x8},4\n");
        string trace = _directory.Write("two.lackey", Encoding.ASCII.GetBytes(text.ToString()));
        string map = _directory.Write("two.maps", "# heap\n\n1ffff000-20201000 rw-p 00000000 00:00 0 [heap]\n"u8.ToArray());
        (int code, string output, string errors) = Run(trace, "--entries", "16", "--csv", "--large-map", map);
        Assert.Equal((0, ""), (code, errors));
        // 1 miss for the large page, 8 for small ones; a walk reads 3 entries, or 4. Lines: 1 + 1 of the two upper levels, 1 of the
        // directory, whose entries 0 and 2 share a line, 1 of the table.
        Assert.Contains("two,16,16,lru,32,9,9,35,4,0", output, StringComparison.Ordinal);
        (_, output, _) = Run(trace, "--entries", "8", "--csv");
        Assert.Contains("two,8,8,lru,32,32,32,", output, StringComparison.Ordinal);    // 16 small pages are too many for 8 entries
        (_, output, _) = Run(trace, "--large-map", map);
        Assert.Contains("pages of 4 KB, and 1 large page (2 MB)", output, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyWholeLargePagesOfAMapAreLarge()
    {
        string map = _directory.Write("parts.maps", "20001000-20400fff\n20400fff-20600000\n"u8.ToArray());
        Assert.Contains("and 1 large page (2 MB)", Run(Loop(), "--large-map", map).Output, StringComparison.Ordinal);
        Assert.Contains("and 0 large pages (4 MB)", Run(Loop(), "--tables", "classic", "--large-map", map).Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("20000000\n", "line 1: a range is START-END in hexadecimal")]
    [InlineData("20000000-20200000\n20400000-x\n", "line 2: a range is START-END in hexadecimal")]
    [InlineData("\n20200000-20000000\n", "line 2: the range ends before it begins")]
    [InlineData("10000000000000000-20000000000000000\n", "line 1: a range is START-END in hexadecimal")]
    [InlineData("20000000-20200000-20400000\n", "line 1: a range is START-END in hexadecimal")]
    public void AMapThatIsNoneIsRefused(string text, string complaint)
    {
        string map = _directory.Write("bad.maps", Encoding.ASCII.GetBytes(text));
        Assert.Equal((2, "", $"{map}: {complaint}\n"), Run(Loop(), "--large-map", map));
    }

    [Fact]
    public void AMapThatIsMissingIsNamed()
    {
        string map = _directory.At("none.maps");
        Assert.Equal((2, "", $"{map}: no such file or directory\n"), Run(Loop(), "--large-map", map));
    }

    [Fact]
    public void APlotAndAPageAreWritten()
    {
        string plot = _directory.At("tlb.svg"), page = _directory.At("tlb.html");
        Assert.Equal(0, Run(Loop(), "--entries", "8,16,32", "--ways", "4,full", "--plot", plot, "--report", page).Code);
        Assert.Contains("4-way, lru", File.ReadAllText(plot), StringComparison.Ordinal);
        Assert.Contains("tlb-misses.csv", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.Equal(0, Run(Loop(), "--report", page).Code);
        Assert.Contains("tlb-levels.csv", File.ReadAllText(page), StringComparison.Ordinal);
    }

    public static TheoryData<string[], string> BadUsage => new()
    {
        { [], "TRACE is missing" },
        { ["x", "--large", "--large-map", "y"], "--large maps all memory with large pages: leave out --large-map" },
        { ["x", "--entries", "0"], "--entries are numbers from 1 to 65536 with commas between them, not '0'" },
        { ["x", "--entries", "8", "--ways", "some"], "--ways are numbers from 1 to 65536 or full, with commas between them, not 'some'" },
        { ["x", "--ways", "4"], "--ways is of a sweep: say --entries too" },
        { ["x", "--plot", "x.svg"], "--plot is of a sweep: say --entries too" },
        { ["x", "--entries", "8", "--replacement", "clock"], "--replacement is lru, plru, fifo, random or all, not 'clock'" },
        { ["x", "--costs", "laptop"], "--costs is desktop-2009, server-2025 or a file, not 'laptop'" },
        { ["x", "--tables", "none"], "--tables is classic, pae or long, not 'none'" },
    };

    [Theory, MemberData(nameof(BadUsage))]
    public void BadUsageIsOneLine(string[] args, string line)
    {
        (int code, string output, string errors) = Run(args);
        Assert.Equal((2, "", $"paging tlb: {line} (see paging tlb --help)\n"), (code, output, errors));
    }

    [Fact]
    public void ASweepOfNothingIsOneLine() => Assert.Equal((2, "", "paging tlb: --entries, --ways and --replacement allow no TLB together: "
        + "entries are a multiple of the ways, and plru has a power of two of them, at most 64\n"),
        Run(Loop(), "--entries", "6", "--ways", "4"));

    [Fact]
    public void AListOfOnesOwnIsReadAndItsMistakesAreOneLine()
    {
        string list = _directory.Write("mine.json", Encoding.ASCII.GetBytes("{ \"name\": \"mine\" }"));
        Assert.Equal($"paging tlb: --costs {list}: about: missing (see paging tlb --help)\n", Run(Loop(), "--costs", list).Errors);
    }

    [Fact]
    public void APageThatNoAddressHasIsOneLine()
    {
        string file = _directory.Write("hashes.csv", "1\n9223372036854775807\n"u8.ToArray());
        Assert.Equal((2, "", $"{file}: access 2 has the page 7fffffffffffffff, which no address has\n"), Run(file));
    }
}
