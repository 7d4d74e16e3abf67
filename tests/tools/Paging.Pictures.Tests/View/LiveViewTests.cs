using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary><c>paging view --live</c> over HTTP: calls that are typed in, undone, done again, explained and refused.</summary>
public sealed class LiveViewTests
{
    private const string Everything =
        "\"shown\":{\"space\":\"\",\"tables\":\"\",\"frames\":\"\",\"cache\":\"\",\"counters\":\"\",\"tree\":\"\"}";

    private const string AskBreak = "{\"op\":\"repl\",\"text\":\"brk(0)\"}";

    private static readonly CancellationToken End = TestContext.Current.CancellationToken;

    public static TheoryData<string> Recordings =>
        ["hand-cow-fork", "hand-vma-merge-cases", "hand-growsdown-basic", "hand-mremap-move", "hand-cow-file", "hand-errors-mmap"];

    /// <summary>Each call answers as the kernel did; each step back shows the bytes of before; forward again is the same.</summary>
    [Theory, MemberData(nameof(Recordings))]
    public async Task ARecordingThatIsTypedInGivesItsResultsAndIsUndoneExactly(string name)
    {
        ScenarioDocument recording = ScenarioParser.ParseFile(Path.Combine(
            ExerciseTests.Root, "tests/checking/Paging.Scenarios.Tests/scenarios", name + ".scn"));
        ScenarioLine[] calls = [.. recording.Lines.Where(static line => line.Kind == ScenarioLineKind.Call)];
        await using ViewServer server = await StartAsync(ScenarioDocument.Of("live", recording.Header, []));
        using HttpClient client = new();
        List<string> views = [await ViewAsync(client, server)];
        for (int i = 0; i < calls.Length; i++)
        {
            JsonObject answer = await AskAsync(client, server, "repl", calls[i].Call.ToString());
            Assert.Equal($"{calls[i].Call} = {calls[i].Recorded}", (string?)answer["message"]);
            Assert.Equal(i + 1, (int?)answer["position"]);
            Assert.NotEmpty((string)answer["why"]!);
            views.Add(await ViewAsync(client, server));
        }

        for (int position = calls.Length - 1; position >= 0; position--)
        {
            await GoAsync(client, server, position);
            Assert.Equal(views[position], await ViewAsync(client, server));
        }

        await GoAsync(client, server, calls.Length);
        Assert.Equal(views[^1], await ViewAsync(client, server));
    }

    /// <summary>What is typed after going back takes the place of what was undone; the script's own calls stay.</summary>
    [Fact]
    public async Task ANewCallDropsThoseThatWereUndone()
    {
        await using ViewServer server = await StartAsync(Script("mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, "
            + "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "store(0x20000000, 1)"));
        using HttpClient client = new();
        Assert.Equal(2, (int?)(await AskAsync(client, server, "look", ""))["position"]);    // it begins at the script's end
        await AskAsync(client, server, "repl", "store(0x20000000, 2)");
        await AskAsync(client, server, "repl", "store(0x20000000, 3)");
        await GoAsync(client, server, 2);
        JsonObject answer = await AskAsync(client, server, "repl", "load(0x20000000)");
        Assert.Equal("load(0x20000000) = 0x01", (string?)answer["message"]);
        Assert.Equal(3, (int?)answer["count"]);
        await GoAsync(client, server, 1);
        answer = await AskAsync(client, server, "repl", "load(0x20000000)");
        Assert.Equal("load(0x20000000) = 0x00", (string?)answer["message"]);
        Assert.Equal(4, (int?)answer["count"]);
        Assert.Equal("store(0x20000000, 0x01)", (string?)answer["calls"]![2]!["text"]);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("nonsense(", "nonsense")]
    [InlineData("load()", "load")]
    [InlineData("load(0x100000000)", "0x100000000")]
    [InlineData("mmap(0, 1)", "mmap")]
    [InlineData("[7] load(0x20000000)", "there is no process 7")]
    [InlineData("load(0x20000000)\nload(0x20000000)", "")]
    [InlineData("# a comment", "")]
    [InlineData("process(layout=flexible)", "")]
    [InlineData("maps(0x20000000, 0x30000000) = {", "")]
    [InlineData("fill(0x20000000, 0x10000000, 1)", "out of memory")]
    public async Task BadInputIsALineAndChangesNothing(string line, string said)
    {
        await using ViewServer server = await StartAsync(Script(
            "mmap(0x20000000, 0x10000000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "fork()",
            "store(0x20000000, 1)"));
        using HttpClient client = new();
        string before = await ViewAsync(client, server);
        JsonObject answer = await AskAsync(client, server, "repl", line);
        string message = (string)answer["message"]!;
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.NotEmpty(message);
        Assert.False(message.StartsWith("call:", StringComparison.Ordinal), message);
        Assert.Equal((3, 3), ((int?)answer["position"], (int?)answer["count"]));
        Assert.Equal(before, await ViewAsync(client, server));
    }

    /// <summary>Calls at the borders of what a machine can do end in a result or a line, never in an error of the server.</summary>
    [Theory]
    [InlineData("open(\"x\", 9223372036854775807, 1)")]
    [InlineData("pwrite(3, 4294967295, 9223372036854775800, 1)")]
    [InlineData("pread(3, 4294967295, 0)")]
    [InlineData("setpool(1000000000)")]
    [InlineData("sum(0x20000000, 0x9fff0000)")]
    [InlineData("copyin(0x20000000, 0xffffffff, 1)")]
    [InlineData("mmap(0x10000, 0xbffe0000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")]
    [InlineData("exit(0)")]
    [InlineData("smaps(0, 0xc0000000)")]
    public async Task ALargeCallIsAnsweredAndUndone(string line)
    {
        await using ViewServer server = await StartAsync(Script("open(\"a\", 100, 1)",
            "mmap(0x20000000, 0x10000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"));
        using HttpClient client = new();
        string before = await ViewAsync(client, server);
        JsonObject answer = await AskAsync(client, server, "repl", line);
        Assert.StartsWith(line[..line.IndexOf('(', StringComparison.Ordinal)], (string?)answer["message"], StringComparison.Ordinal);
        await GoAsync(client, server, 2);
        Assert.Equal(before, await ViewAsync(client, server));
    }

    /// <summary>Two browsers have one machine: no call is lost, and both see the same.</summary>
    [Fact]
    public async Task TwoBrowsersShareTheMachine()
    {
        await using ViewServer server = await StartAsync(Script(
            "mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "store(0x20000000, 0)"));
        using HttpClient one = new(), other = new();
        const int each = 25;
        Task TypeAsync(HttpClient client) => Task.Run(async () =>
        {
            for (int i = 0; i < each; i++)
                Assert.Matches("^add\\(0x20000000, 0x01\\) = 0x[0-9a-f]{2}$",
                    (string)(await AskAsync(client, server, "repl", "add(0x20000000, 1)"))["message"]!);
        });
        await Task.WhenAll(TypeAsync(one), TypeAsync(other));
        Assert.Equal("load(0x20000000) = 0x32", (string?)(await AskAsync(one, server, "repl", "load(0x20000000)"))["message"]);
        Assert.Equal(await ViewAsync(one, server), await ViewAsync(other, server));
        Assert.Equal(2 + 2 * each + 1, (int?)(await AskAsync(other, server, "look", ""))["position"]);
    }

    /// <summary>A list of the same length with another call in it is sent again.</summary>
    [Fact]
    public async Task APageThatKnowsAnOldListGetsTheNewOne()
    {
        await using ViewServer server = await StartAsync(ScenarioDocument.Of("live", ScenarioHeader.Default, []));
        using HttpClient client = new();
        string mark = (string)(await AskAsync(client, server, "repl", "brk(0)"))["callsMark"]!;
        await GoAsync(client, server, 0);
        await AskAsync(client, server, "repl", "vm()");
        JsonObject answer = await PostAsync(client, server, $$"""{"op":"look","calls":"{{mark}}"}""");
        Assert.Equal("vm()", (string?)answer["calls"]![0]!["text"]);
    }

    [Fact]
    public async Task APostOfAnotherSiteOrOfAnySizeIsRefused()
    {
        await using ViewServer server = await StartAsync(ScenarioDocument.Of("live", ScenarioHeader.Default, []));
        using SocketsHttpHandler handler = new() { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan };
        using HttpClient client = new(handler);
        Uri address = new(server.Address + "do");
        foreach (string origin in (string[])["http://example.org", "null", "http://127.0.0.1:1", "https://" + address.Authority])
        {
            using HttpRequestMessage post = new(HttpMethod.Post, address) { Content = new StringContent(AskBreak) };
            post.Headers.Add("Origin", origin);
            Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(post, End)).StatusCode);
        }

        using HttpRequestMessage large = new(HttpMethod.Post, address) { Content = new StringContent(new string(' ', 1 << 20)) };
        large.Headers.ExpectContinue = true;    // the answer comes before the body is sent: the server may close while it is being sent
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.SendAsync(large, End)).StatusCode);
        Assert.Equal(0, (int?)(await AskAsync(client, server, "look", ""))["position"]);
        using HttpRequestMessage own = new(HttpMethod.Post, address) { Content = new StringContent(AskBreak) };
        own.Headers.Add("Origin", "http://" + address.Authority);
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(own, End)).StatusCode);
    }

    /// <summary>The rule of the call, and of each fault that it took.</summary>
    [Theory]
    [InlineData("load(0x20000000)", "zero page mapped +1", "do_anonymous_page")]
    [InlineData("store(0x20000000, 1)", "anonymous pages filled +1", "do_anonymous_page")]
    [InlineData("store(0x30000000, 1)", "No area covers the address", "do_user_addr_fault")]
    [InlineData("mprotect(0x20000000, 0x1000, PROT_READ)", "The areas in the range get the rights", "mprotect_fixup")]
    [InlineData("munmap(0x20000001, 0x1000)", "The address must be a multiple of 4096.", "do_vmi_munmap")]
    [InlineData("fork()", "The child gets a copy", "dup_mmap")]
    public async Task WhyNamesTheRuleAndTheKernelsFunction(string call, string rule, string function)
    {
        await using ViewServer server = await StartAsync(Script(
            "mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"));
        using HttpClient client = new();
        string why = (string)(await AskAsync(client, server, "repl", call))["why"]!;
        Assert.Contains(rule, why, StringComparison.Ordinal);
        Assert.Contains(function, why, StringComparison.Ordinal);
        await AskAsync(client, server, "repl", "vm()");
        await GoAsync(client, server, 2);
        Assert.Equal(why, (string?)(await AskAsync(client, server, "look", ""))["why"]);    // and the same after coming back
    }

    internal static ScenarioDocument Script(params IEnumerable<string> calls) =>
        ScenarioDocument.Of("live", ScenarioHeader.Default, calls.Select(static call => ScenarioParser.ParseCall(call)));

    internal static Task<ViewServer> StartAsync(ScenarioDocument document) =>
        ViewServer.StartAsync(new ViewedScript(document, new() { RamBytes = 2 << 20 }), port: 0, "A live engine", isLive: true);

    /// <summary>All that the page can show of this moment.</summary>
    private static async Task<string> ViewAsync(HttpClient client, ViewServer server)
    {
        JsonObject answer = await PostAsync(client, server, $$"""{"op":"look","process":1,{{Everything}}}""");
        return $"{answer["processes"]!.ToJsonString()} {answer["why"]!.ToJsonString()} {answer["figures"]!.ToJsonString()}";
    }

    private static Task GoAsync(HttpClient client, ViewServer server, int to) =>
        PostAsync(client, server, $$"""{"op":"go","to":{{to}}}""");

    private static Task<JsonObject> AskAsync(HttpClient client, ViewServer server, string op, string text) =>
        PostAsync(client, server, $$"""{"op":"{{op}}","text":{{JsonSerializer.Serialize(text)}}}""");

    private static async Task<JsonObject> PostAsync(HttpClient client, ViewServer server, string request)
    {
        using StringContent content = new(request);
        HttpResponseMessage answer = await client.PostAsync(new Uri(server.Address + "do"), content, End);
        string text = await answer.Content.ReadAsStringAsync(End);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} for {request}: {text}");
        return (JsonObject)JsonNode.Parse(text)!;
    }
}
