using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>The requests of the page of <c>paging view</c>, as its script makes them: breakpoints, questions, pictures.</summary>
public sealed class ViewAnswerTests
{
    private static readonly string[] Fork =
    [
        "mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "store(0x20000000, 1)",
        "store(0x20001000, 2)", "fork()", "[1] load(0x20000000)", "[1] store(0x20001000, 3)", "munmap(0x20000000, 0x1000)",
    ];

    private readonly PictureCache _pictures = new();

    /// <summary>Each frame is asked for. The answers together name each mapping, directory and table of both processes once.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, 1, 128)]
    [InlineData(TableFormat.Pae, 4, 256)]
    public void TheAnswersOfAllFramesAreTheTables(TableFormat format, int directoryCount, int tableIndex)
    {
        using ViewSession session = Begin(Fork, format);
        session.GoTo(6);
        string[] answers = [.. Enumerable.Range(0, (int)session.FrameCount).Select(frame => Ask(session, $"frame {frame:x}"))];
        string[] mappings = [.. session.Now.Spaces.SelectMany(static space => Enumerable.Range(0x20000, 4)
            .Select(page => (Page: new PageNumber((uint)page), space.EntryOf(new((uint)page)).Entry))
            .Where(static one => one.Entry.IsPresent)
            .Select(one => $"{one.Entry.Frame.Value:x3}: process {space.Number}, page {one.Page.Address.Value:x8}, "
                + (one.Entry.IsWritable ? "writable" : "read-only")))];
        Assert.Equal(4, mappings.Length);    // the page of both twice, and what the child has copied, with what it was copied from
        Assert.Equal(mappings.Order(StringComparer.Ordinal), LinesWith(", page ").Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(answers.Index(), one => Assert.Contains(string.Create(CultureInfo.InvariantCulture,
            $": {session.Now.Frames[one.Index].State}, {session.Now.Frames[one.Index].MapCount} entries"), one.Item,
            StringComparison.Ordinal));
        foreach (SpaceView space in session.Now.Spaces)
        {
            string[] pointers = LinesWith($"has the page directory pointers of process {space.Number}");
            Assert.Equal(format == TableFormat.Pae ? [$"{space.Directory.Value:x3}"] : [], pointers.Select(FrameOf),
                StringComparer.Ordinal);
            string article = directoryCount == 1 ? "the" : "a";
            Assert.Equal(space.Directories.Select(static one => $"{one.Value:x3}"),
                LinesWith($"it is {article} page directory of process {space.Number}").Select(FrameOf)
                    .Order(StringComparer.Ordinal), StringComparer.Ordinal);
            Assert.Equal(directoryCount, space.Directories.Count);
            TableView table = space.Tables.Single(static one => one.First.Value <= 0x20000 && one.First.Value + one.PageCount > 0x20000);
            Assert.Equal($"{table.Upper.Table.Value:x3}",
                FrameOf(Assert.Single(LinesWith($"it is page table {tableIndex} of process {space.Number}"))));
        }

        Assert.Equal($"RAM has {session.FrameCount:x} frames.", Ask(session, $"frame {session.FrameCount:x}"));
        Assert.Equal("Ask for 'frame 2a3', 'page 20001000' or 'bytes 20001000', in hexadecimal.", Ask(session, "frame"));

        string[] LinesWith(string part) => [.. answers.Index().SelectMany(one => one.Item.Split('\n').Where(line => line.Contains(part,
            StringComparison.Ordinal)).Select(line => $"{one.Index:x3}: {line}"))];
        static string FrameOf(string line) => line[..3];
    }

    /// <summary>A page that both have had, that one copied, and that the other unmapped.</summary>
    [Fact]
    public void TheEventsOfAPageAreThoseOfBothProcesses()
    {
        using ViewSession session = Begin(Fork);
        session.GoTo(7);
        (string parent, string child) = (FrameAt(1, 0x20001), FrameAt(2, 0x20001));
        Assert.NotEqual(parent, child, StringComparer.Ordinal);
        Assert.Equal($"""
            page 20001000 of process 0 now: frame {parent}, read-only
            page 20001000 of process 1 now: frame {child}, writable
            so far:
            call 3, store(0x20001000, 0x02): minor fault
            call 6, [1] store(0x20001000, 0x03): copied, frame {child}
            call 6, [1] store(0x20001000, 0x03): minor fault
            """, Ask(session, "page 20001abc"));
        string unmapped = Ask(session, "page 20000000");
        Assert.DoesNotContain("of process 0 now", unmapped, StringComparison.Ordinal);
        Assert.Contains($"of process 1 now: frame {FrameAt(2, 0x20000)}, read-only\n", unmapped, StringComparison.Ordinal);
        Assert.Contains("\ncall 7, munmap(0x20000000, 0x1000): unmapped", unmapped, StringComparison.Ordinal);
        Assert.Equal("page 30000000 now: not mapped\nso far:\nnothing has happened to it", Ask(session, "page 30000000"));

        string FrameAt(int process, uint page) => $"{session.Now.SpaceOf(process)!.EntryOf(new(page)).Entry.Frame.Value:x3}";
    }

    /// <summary>
    /// An address stops a run at a call that names it without an event, and at an event of another call; a frame where its descriptor
    /// changes and nowhere else.
    /// </summary>
    [Fact]
    public void EachKindOfBreakpointStopsWhereItSays()
    {
        using ViewSession session = Begin([.. Fork, "load(0x20001000)", "load(0x20002000)"]);
        Assert.Equal("", Break("address", "0x20001ABC"));
        Assert.Equal(["address 20001abc"], Do("look")["breakpoints"]!.AsArray().Select(static one => (string)one!),
            StringComparer.Ordinal);
        Assert.Equal([3, 6, 8, 9], Stops());
        Assert.Equal("stopped at address 20001abc, call 8", Back());
        Assert.Equal(8, session.Position);
        session.GoTo(3);
        string frame = $"{session.Now.Spaces[0].EntryOf(new(0x20001)).Entry.Frame.Value:x}";
        Do("unbreak", 0);
        Assert.Equal("", Break("frame", frame));
        Assert.Equal([3, 4, 6, 9], Stops());    // filled, shared, copied from; then the end
        Do("unbreak", 1);
        Do("unbreak", -1);
        Assert.Single(session.Breakpoints);
        Do("unbreak", 0);
        Assert.Equal("", Break("call", "MUNMAP"));
        Assert.Equal("", Break("call", "fork"));
        Assert.Equal([4, 7, 9], Stops());
        Assert.Equal("no call of this run is named 'mremap'", Break("call", "mremap"));
        Assert.Equal("", Break("fault", ""));
        Assert.Equal("'20g' is not a valid address", Break("address", "20g"));
        Assert.Equal($"there is no frame {session.FrameCount:x}: RAM ends before {session.FrameCount:x}",
            Break("frame", $"{session.FrameCount:x}"));
        Assert.Equal(4, session.Breakpoints.Count);
        Assert.Equal("", Break("frame", $"{session.FrameCount - 1:x}"));

        JsonObject Do(string op, int to = 0) => Request(session, $$"""{"op":"{{op}}","to":{{to}}}""");
        string Break(string kind, string text) =>
            (string)Request(session, $$"""{"op":"break","kind":"{{kind}}","text":"{{text}}"}""")["message"]!;
        string Back() => (string)Do("back")["message"]!;

        List<int> Stops()
        {
            List<int> stops = [];
            Do("go", 0);
            while (session.Position < session.Steps.Count)
            {
                string message = (string)Do("continue")["message"]!;
                stops.Add(session.Position);
                Assert.EndsWith(session.Position < session.Steps.Count ? $", call {session.Position}" : "the end of the run", message,
                    StringComparison.Ordinal);
            }

            return stops;
        }
    }

    /// <summary>The page is told which call wrote a byte; of another question it keeps what it knows.</summary>
    [Fact]
    public void TheWritersStepIsInTheAnswer()
    {
        using ViewSession session = Begin(Fork);
        session.GoTo(6);
        Assert.Equal(3, (int?)Writer(1)["found"]);
        Assert.Equal(6, (int?)Writer(2)["found"]);
        Assert.False(Request(session, """{"op":"search","text":"page 20001000"}""").ContainsKey("found"));

        JsonObject Writer(int process) => Request(session, $$"""{"op":"writer","process":{{process}},"text":"20001000"}""");
    }

    /// <summary>A picture that the page shows already is its mark alone; one of another process, step or place is sent.</summary>
    [Fact]
    public void OnlyPicturesThatDifferAreSent()
    {
        using ViewSession session = Begin(Fork);
        session.GoTo(6);
        JsonObject Space(int process, string mark, int first = 0) => (JsonObject)Request(session,
            $$$"""{"op":"look","process":{{{process}}},"first":{{{first}}},"shown":{"space":"{{{mark}}}"}}""")["figures"]!["space"]!;
        string one = (string)Space(1, "")["mark"]!, other = (string)Space(2, one)["mark"]!;
        Assert.NotEqual(one, other, StringComparer.Ordinal);
        Assert.Contains("process 1", (string)Space(2, one)["title"]!, StringComparison.Ordinal);
        Assert.False(Space(1, one).ContainsKey("svg"));
        Assert.False(Space(2, other).ContainsKey("svg"));
        Assert.True(Space(1, other).ContainsKey("svg"));
        session.GoTo(7);
        Assert.True(Space(1, one).ContainsKey("svg"));
    }

    /// <summary>Areas that have a table each: after scrolling, the tables are those of the areas on the screen.</summary>
    [Fact]
    public void TablesAreThoseOfTheAreasOnTheScreen()
    {
        const int AreaCount = 20;
        IEnumerable<uint> starts = Enumerable.Range(0, AreaCount).Select(static i => 0x20000000 + ((uint)i << 22));
        using ViewSession session = Begin([.. starts.SelectMany(static start => (string[])
            [$"mmap(0x{start:x}, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", $"store(0x{start:x}, 1)"])]);
        session.GoTo(2 * AreaCount);
        int areaCount = session.Now.Spaces[0].Areas.Count;
        for (int first = 1; first < areaCount; first++)
        {
            JsonNode figures = Request(session, $$$"""{"op":"look","first":{{{first}}},"shown":{"space":"","tables":""}}""")["figures"]!;
            string[] rows = [.. Facts(figures, "space", "data-row=\"(?<of>[0-9a-f]{8})")];
            Assert.Equal(Math.Min(ViewPictures.AreaRows, areaCount - first), rows.Length);
            IEnumerable<int> wanted = rows.Select(static row =>
                int.Parse(row, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) >> 22);
            int[] tables = [.. Facts(figures, "tables", "data-table=\"(?<of>[0-9]+)\"").Select(int.Parse)];
            Assert.InRange(tables.Length, 1, 5);
            Assert.Equal(wanted.Take(tables.Length).Order(), tables.Take(wanted.Count()).Order());
        }

        static IEnumerable<string> Facts(JsonNode figures, string kind, string pattern) =>
            Regex.Matches((string)figures[kind]!["svg"]!, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10))
                .Select(static one => one.Groups["of"].Value);
    }

    /// <summary>A file whose last mapping and descriptor have gone keeps its name, for the pages that are still cached.</summary>
    [Fact]
    public void AFileKeepsItsName()
    {
        using ViewSession session = Begin(
        [
            "open(\"first\", 8192, 1)", "open(\"second\", 4096, 2)", "mmap(0x20000000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0)",
            "mmap(0x30000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 4, 0)", "load(0x20000000)", "load(0x30000000)",
            "munmap(0x20000000, 0x2000)", "munmap(0x30000000, 0x1000)", "close(3)", "close(4)",
        ]);
        for (int position = 6; position <= session.Steps.Count; position++)
        {
            session.GoTo(position);
            JsonNode figures = Request(session, """{"op":"look","shown":{"cache":""}}""")["figures"]!;
            Assert.Matches("(?s)>first<.*>second<|>second<.*>first<", (string)figures["cache"]!["svg"]!);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ALiveRunBeginsAtItsEnd(bool isLive)
    {
        await using ViewServer server = await ViewServer.StartAsync(Script(Fork), port: 0, "A run", isLive);
        using HttpClient client = new();
        using StringContent content = new("""{"op":"look"}""");
        HttpResponseMessage answer = await client.PostAsync(new Uri(server.Address + "do"), content, TestContext.Current.CancellationToken);
        JsonNode seen = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((isLive ? Fork.Length : 0, Fork.Length), ((int?)seen["position"], (int?)seen["count"]));
    }

    private JsonObject Request(ViewSession session, string text) => (JsonObject)JsonNode.Parse(ViewAnswer.To(session, _pictures, text))!;

    private string Ask(ViewSession session, string question) =>
        (string)Request(session, $$"""{"op":"search","text":{{JsonSerializer.Serialize(question)}}}""")["message"]!;

    /// <summary>An address also stops at a call that names another page and takes this one along.</summary>
    [Fact]
    public void ARangeThatContainsTheAddressStops()
    {
        using ViewSession session = Begin([Fork[0], "store(0x20001000, 1)", "munmap(0x20000000, 0x3000)", "load(0x20003000)"]);
        Request(session, """{"op":"break","kind":"address","text":"20001abc"}""");
        Assert.Equal("stopped at address 20001abc, call 2", Continue());
        Assert.Equal("stopped at address 20001abc, call 3", Continue());
        Assert.EndsWith("the end of the run", Continue(), StringComparison.Ordinal);

        string Continue() => (string)Request(session, """{"op":"continue"}""")["message"]!;
    }

    /// <summary>Each frame of a huge page is asked for: the answer is the page that contains it, and no other frame has it.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, 22, "4 MB")]
    [InlineData(TableFormat.Pae, 21, "2 MB")]
    public void TheFramesOfAHugePageAreOnePiece(TableFormat format, int shift, string length)
    {
        uint frames = 1u << (shift - 12);
        string[] calls =
        [
            "setpool(5)",
            "mmap(0x20000000, 0x800000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_HUGETLB, -1, 0)",
            $"store(0x{0x20000000 + (1u << shift) + 0x5000:x}, 1)",
        ];
        EngineMachineOptions options = new() { RamBytes = 32 << 20, Tables = format };
        using ViewSession session = new(new ViewedScript(LiveViewTests.Script(calls), options));
        session.GoTo(3);
        TableView leaf = Assert.Single(session.Now.Spaces[0].Tables, static table => table is { IsHugePage: true, IsKernel: false });
        string expected = $"process 0, page {0x20000000 + (1u << shift):x8}, {length} in one piece, writable";
        uint first = leaf.HugeFrame.Value;
        foreach (uint frame in new[] { first, first + 5, first + frames - 1 })
            Assert.Contains(expected, Ask(session, $"frame {frame:x}"), StringComparison.Ordinal);
        foreach (uint frame in new[] { first - 1, first + frames })
            Assert.DoesNotContain("in one piece", Ask(session, $"frame {frame:x}"), StringComparison.Ordinal);
    }

    /// <summary>One of each kind of call, each with pages of its own.</summary>
    private static readonly string[] EachCall =
    [
        "mmap(0x20000000, 0x40000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "store(0x20000000, 1)",
        "store32(0x20001000, 5)", "load(0x20002000)", "load32(0x20003000)", "add(0x20004000, 1)", "fill(0x20005000, 0x2000, 7)",
        "sum(0x20008000, 0x2000)", "copyin(0x2000b000, 5000, 9)", "copyout(0x2000e000, 5000)", "munmap(0x20030000, 0x1000)",
        "mprotect(0x20031000, 0x1000, PROT_READ)", "mremap(0x20032000, 0x1000, 0x2000, MREMAP_MAYMOVE)",
        "madvise(0x20000000, 0x1000, MADV_DONTNEED)", "msync(0x20001000, 0x1000, MS_SYNC)", "mlock(0x20012000, 0x1000)",
        "munlock(0x20012000, 0x1000)", "mlock2(0x20014000, 0x2000, MLOCK_ONFAULT)", "brk(0x0804b000)", "mincore(0x20000000, 0x2000)",
        "open(\"A\", 8192, 1)", "pread(3, 100, 4000)", "pwrite(3, 10, 0x1000, 4)", "fsync(3)", "fsize(3)", "punch(3, 0, 4096)",
        "fallocate(3, 0, 0, 16384)", "ftruncate(3, 4096)", "close(3)", "openro(\"B\", 4096, 1)", "openwo(\"C\", 4096, 1)", "opendir()",
        "memfd(\"m\", 0)", "setpool(1)", "rlimit(RLIMIT_MEMLOCK, 0x10000)", "prctl(PR_SET_THP_DISABLE, 1, 0)", "fork()",
        "[1] store(0x20001000, 3)", "[1] exit(0)", "mlockall(MCL_CURRENT)", "munlockall()", "maps(0, 0xbfff0000)", "areas(0, 0xbfff0000)",
        "resident(0x20000000, 0x20040000)", "pagemap(0x20000000, 0x20004000)", "vm()", "faults()", "pool()", "usage()", "tables()",
        "hugemap(0x20000000, 0x20040000)", "smaps(0x20000000, 0x20040000)", "load(0x20020000)",
    ];

    /// <summary>
    /// Going back repeats each kind of call that changes something, be it only a page that becomes resident: the counters of each position
    /// are those of the first time. A new call without a line here fails.
    /// </summary>
    [Fact]
    public void EachPositionIsTheSameAfterGoingBack()
    {
        Assert.Equal(Enum.GetValues<CallName>().Order(),
            EachCall.Select(static call => ScenarioParser.ParseCall(call).Name).Distinct().Order());
        using ViewSession session = Begin(EachCall);
        List<CounterView[]> seen = [];
        for (int position = 0; position <= EachCall.Length; position++)
        {
            session.GoTo(position);
            seen.Add([.. session.Now.Counters]);
        }

        Assert.True(session.IsComplete);
        foreach (int position in Enumerable.Range(0, EachCall.Length + 1).Reverse())
        {
            session.GoTo(position);
            Assert.Equal(seen[position], session.Now.Counters);
        }
    }

    private static ViewSession Begin(string[] calls, TableFormat format = TableFormat.Classic) => new(Script(calls, format));

    private static ViewedScript Script(string[] calls, TableFormat format = TableFormat.Classic) =>
        new(LiveViewTests.Script(calls), new() { RamBytes = 2 << 20, Tables = format });
}
