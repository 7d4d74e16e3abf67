using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Paging.Cli;
using Paging.Pictures.Reports;
using Paging.Scripting.Engine;

namespace Paging.Pictures.Tests;

/// <summary>Reports as pages: they show the run.</summary>
public sealed partial class ReportTests : IDisposable
{
    private const string Script = """
        # pages touched in order, one after the other
        process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, stack_limit=0x800000, reserved=0xbfff0000) = 0
        mmap(0x20000000, 0x10000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        store(0x20000000, 1) = 0
        store(0x20001000, 1) = 0
        store(0x20002000, 1) = 0
        load(0x20003000) = 0x00
        load(0x30000000) = SIGSEGV SEGV_MAPERR 0x30000000

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("paging-report").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Page => Path.Combine(_folder, "out.html");

    private static (int Code, string Errors) Run(params string[] args)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(args, output, errors, static options => new EngineMachine(options));
        return (code, errors.ToString() + output);
    }

    [Theory]
    [InlineData("--report")]
    [InlineData("-r")]
    [InlineData("--report-to")]
    public void AScriptsFaultsAreThoseOfTheEngine(string option)
    {
        string script = Path.Combine(_folder, "touch.scn");
        File.WriteAllText(script, Script);
        (int code, string shown) = Run("script", script, option, Page);
        Assert.True(code == ExitCode.Agreement, shown);
        string page = File.ReadAllText(Page);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        XElement heat = PictureOf(page, "Page faults by time and address");
        int drawn = heat.Descendants()
            .Sum(static cell => int.Parse(cell.Attribute("data-count")?.Value ?? "0", CultureInfo.InvariantCulture));
        Assert.Equal(5, drawn);
        Assert.Equal("call,page\r\n2,20000\r\n3,20001\r\n4,20002\r\n5,20003\r\n6,30000\r\n", CsvOf(page, "faults"));
        Assert.Contains("anonymous", PictureOf(page, "Page faults by kind").Value, StringComparison.Ordinal);
    }

    /// <summary>Each store fills a page and takes a frame; the load maps the page of zeros, and the last finds nothing mapped.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AScriptsCostsAreThoseOfItsCallsAndItsWorkingSetIsWhatTheyTouched()
    {
        string script = Path.Combine(_folder, "touch.scn");
        File.WriteAllText(script, Script);
        Assert.Equal(ExitCode.Agreement, Run("script", script, "--report", Page).Code);
        string page = File.ReadAllText(Page);
        Assert.Equal("process,call,times,page faults,minor,major,refused\r\nprocess 0,store,3,3,3,0,0\r\nprocess 0,load,2,2,1,0,1\r\n"
            + "process 0,mmap,1,0,0,0,0\r\n", CsvOf(page, "cost-in-faults"));
        Assert.Equal("process,call,times,frames taken,anonymous memory,pages of files,page tables,given back\r\n"
            + "process 0,store,3,4,3,0,1,0\r\nprocess 0,load,2,0,0,0,0,0\r\nprocess 0,mmap,1,0,0,0,0,0\r\n", CsvOf(page, "cost-in-frames"));
        Assert.Equal(["all calls=5", "all calls/process 0=5", "all calls/process 0/store=3", "all calls/process 0/store/minor=3",
            "all calls/process 0/load=2", "all calls/process 0/load/minor=1", "all calls/process 0/load/refused=1"],
            PictureOf(page, "Page faults by process and call").Descendants("rect")
                .Where(static box => box.Attribute("data-flame") is not null)
                .Select(static box => $"{box.Attribute("data-flame")!.Value}={box.Attribute("data-value")!.Value}"),
            StringComparer.Ordinal);
        Assert.Equal(3, CsvOf(page, "cost-in-time").Split("process 0").Length - 1);
        Assert.DoesNotContain("emulated", page, StringComparison.Ordinal);    // no program runs in a script
        Assert.Equal("call,resident set,working set\r\n1,0,0\r\n2,1,1\r\n3,2,2\r\n4,3,3\r\n5,3,4\r\n6,3,4\r\n",
            CsvOf(page, "working-set"));
    }

    [Fact]
    public void ReportWithoutAFileIsStillATable()
    {
        string script = Path.Combine(_folder, "touch.scn");
        File.WriteAllText(script, Script);
        (int code, string shown) = Run("script", "--report", script);
        Assert.Equal(ExitCode.Agreement, code);
        Assert.Contains("Page faults by kind", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void AReplaysCurvesAreItsMisses()
    {
        string trace = Path.Combine(_folder, "string");
        File.WriteAllLines(trace, "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1".Split(' '));
        (int code, string shown) = Run("replay", trace, "--frames", "1,2,3,4,5", "--policy", "FIFO,LRU,OPT", "--report", Page);
        Assert.True(code == ExitCode.Agreement, shown);
        string csv = CsvOf(File.ReadAllText(Page), "miss-ratios");
        // Silberschatz, Galvin and Gagne, Operating System Concepts
        Assert.Contains("\r\nFIFO,3,15,0.75,", csv, StringComparison.Ordinal);
        Assert.Contains("\r\nLRU,3,12,0.6,", csv, StringComparison.Ordinal);
        Assert.Contains("\r\nOPT,3,9,0.45,", csv, StringComparison.Ordinal);
    }

    [Fact]
    public void APageThatCannotBeWrittenIsRefusedInALine()
    {
        string script = Path.Combine(_folder, "touch.scn");
        File.WriteAllText(script, Script);
        (int code, string shown) = Run("script", script, "--report", Path.Combine(script, "below a file.html"));
        Assert.Equal(ExitCode.Unusable, code);
        Assert.Contains("cannot be written", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "1 row of numbers")]
    [InlineData(2, "2 rows of numbers")]
    public void RowsAreCounted(int count, string words)
    {
        ReportTable table = new("t", ["a"], [.. Enumerable.Range(0, count).Select(static i => (IReadOnlyList<string>)[$"{i}"])]);
        ReportSection section = new("s", "", [(BarsFigure.Draw("b", "bars", "calls", []), table)]);
        Assert.Contains($"<summary>{words}</summary>", ReportPage.Write("p", [section]), StringComparison.Ordinal);
    }

    [Fact]
    public void ValuesThatBeginLikeFormulasAreText() => Assert.Equal("a,b\r\n'=1+1,\"x,\"\"y\"\"\"\r\n",
        new ReportTable("t", ["a", "b"], [["=1+1", "x,\"y\""]]).ToCsv());

    private static XElement PictureOf(string page, string title)
    {
        int at = page.IndexOf($"<figcaption>{title}", StringComparison.Ordinal);
        Assert.True(at >= 0, $"There is no picture '{title}'.");
        int from = page.IndexOf("<svg", at, StringComparison.Ordinal), end = page.IndexOf("</svg>", from, StringComparison.Ordinal) + 6;
        return XElement.Parse(page[from..end]);
    }

    private static string CsvOf(string page, string name)
    {
        Match match = Download().Matches(page).Single(match => string.Equals(match.Groups["name"].Value, name, StringComparison.Ordinal));
        return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(match.Groups["data"].Value));
    }

    [GeneratedRegex("download=\"(?<name>[\\w-]+)\\.csv\" href=\"data:text/csv;base64,(?<data>[^\"]*)\"", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Download();
}
