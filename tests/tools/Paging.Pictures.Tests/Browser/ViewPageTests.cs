using System.Net;
using System.Text;
using Microsoft.Playwright;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary><c>paging view</c> in a real browser: steps both ways, breakpoints, search, calls that are typed in.</summary>
[Trait("Category", "Slow")]
public sealed class ViewPageTests(ChromiumFixture browser)
{
    private static Task<ViewServer> StartAsync() => ViewServer.StartAsync(
        new ViewedScript(
            ScenarioParser.ParseFile(Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn")), new() { RamBytes = 2 << 20 }),
        port: 0);

    [Theory]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task ARunStepsStopsAnswersAndGoesBack(int width, ColorScheme scheme)
    {
        await using ViewServer server = await StartAsync();
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(server.Address, width, scheme, complaints);
        await AtAsync(page, 0);

        await page.Locator("#next").ClickAsync();
        await AtAsync(page, 1);
        await PageChecks.AssertTextsAreWholeAsync(page, $"view at {width}");
        await PageChecks.AssertTextsAreLargeEnoughAsync(page, $"view at {width}");
        await PageChecks.AssertIsAccessibleAsync(page, $"view at {width}");

        await page.Locator("#kind").SelectOptionAsync("call");
        await page.Locator("#value").FillAsync("fork");
        await page.Locator("#break button").ClickAsync();
        await page.Locator("#points li").WaitForAsync();
        await page.Locator("#run").ClickAsync();
        await AtAsync(page, 6);
        Assert.Equal("stopped at call fork, call 6", await page.Locator("#message").InnerTextAsync());
        string there = await page.Locator("[data-kind=space]").InnerHTMLAsync();

        await page.Locator("#run").ClickAsync();
        await AtAsync(page, 10);
        await page.Locator("#search input").FillAsync("page 20000000");
        await page.Locator("#search button").First.ClickAsync();
        await page.GetByText("call 7, [1] store(0x20000000, 0x09): copied").WaitForAsync();

        await page.Locator("#calls button").Nth(5).ClickAsync();
        await AtAsync(page, 6);
        await page.Locator("#line").FillAsync("load(0x20003000)");
        await page.Locator("#repl button").ClickAsync();
        await AtAsync(page, 7);
        Assert.Equal("load(0x20003000) = 0x04", await page.Locator("#message").InnerTextAsync());
        await page.Locator("#back").ClickAsync();
        await AtAsync(page, 6);
        Assert.NotEmpty(there);
        await page.Keyboard.PressAsync("b");
        await AtAsync(page, 0);
        Assert.Equal("the start of the run", await page.Locator("#message").InnerTextAsync());
        await page.Keyboard.PressAsync("r");
        await AtAsync(page, 6);
        await page.Keyboard.PressAsync("f");
        await page.GetByText("stopped at any fault").WaitForAsync();
        Assert.True(await page.Locator("#program").IsHiddenAsync());    // a script has no registers
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    /// <summary>The page has the script's name, and a link leads to its call, in a new page and in an open one.</summary>
    [Fact]
    public async Task ALinkLeadsToItsCall()
    {
        ViewedScript run = new(
            ScenarioParser.ParseFile(Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn")), new() { RamBytes = 2 << 20 });
        await using ViewServer server = await ViewServer.StartAsync(run, port: 0, "<06-fork.scn>");
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(server.Address + "#6", 1440, ColorScheme.Light, complaints);
        await AtAsync(page, 6);
        Assert.Equal("<06-fork.scn> · paging view", await page.TitleAsync());
        Assert.Equal("<06-fork.scn>", await page.Locator("h1").InnerTextAsync());
        await page.EvaluateAsync("location.hash = '#3'");
        await AtAsync(page, 3);
        await page.Locator("#next").ClickAsync();
        await AtAsync(page, 4);
        Assert.EndsWith("#4", page.Url, StringComparison.Ordinal);
        Assert.Equal("4", (await page.Locator("#calls [aria-current]").InnerTextAsync()).Split(' ')[0]);
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    /// <summary>Parent and child have the page, and a star marks the byte that the child has changed.</summary>
    [Fact]
    public async Task BytesAreShownAndThoseThatChangedAreMarked()
    {
        await using ViewServer server = await StartAsync();
        using HttpClient client = new();
        async Task<string> Ask(string request)
        {
            using StringContent content = new(request);
            HttpResponseMessage answer = await client.PostAsync(new Uri(server.Address + "do"), content,
                TestContext.Current.CancellationToken);
            using System.Text.Json.JsonDocument read = System.Text.Json.JsonDocument.Parse(
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            return read.RootElement.GetProperty("message").GetString()!;
        }

        const string question = "{\"op\":\"search\",\"text\":\"bytes 20000000\"}";
        Assert.Equal("page 20000000 is in no frame", await Ask(question));
        await Ask("{\"op\":\"go\",\"to\":6}");    // after fork()
        string[] lines = (await Ask(question)).Split('\n');
        Assert.Equal("20000000  01 00 00 00 00 00 00 00  ........", lines[1]);
        Assert.Equal((6, lines[1], "the rest is zeros"), (lines.Length, lines[4], lines[5]));
        await Ask("{\"op\":\"go\",\"to\":7}");    // the child stores 9
        lines = (await Ask(question)).Split('\n');
        Assert.Equal(("20000000  01 00 00 00 00 00 00 00  ........", "20000000 *09 00 00 00 00 00 00 00  ........"), (lines[1], lines[4]));
    }

    /// <summary>A click on a byte of the dump asks for its last writer, and the answer leads to its call.</summary>
    [Theory]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    public async Task TheLastWriterOfAByteIsFoundAndVisited(int width, ColorScheme scheme)
    {
        await using ViewServer server = await StartAsync();
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(server.Address + "#10", width, scheme, complaints);
        await AtAsync(page, 10);
        await page.Locator("#process").SelectOptionAsync(new SelectOptionValue { Label = "0 script" });    // the last call is the child's
        await page.Locator("#question").FillAsync("bytes 20000000");
        await page.Locator("#search button").First.ClickAsync();
        await page.GetByText("the rest is zeros").First.WaitForAsync();
        await page.EvaluateAsync("""
            () => {
              const message = document.getElementById("message"), text = message.firstChild;
              document.getSelection().collapse(text, text.textContent.indexOf("20000000 ") + 9 + 3 * 4 + 1);
              message.click();
            }
            """);
        Assert.Equal("bytes 20000004", await page.Locator("#question").InputValueAsync());
        await page.Locator("#writer").ClickAsync();
        await page.GetByText("nothing has written 20000004 of process").WaitForAsync();
        Assert.True(await page.Locator("#found").IsHiddenAsync());
        await page.Locator("#question").FillAsync("bytes 20001000");
        await page.Locator("h1").ClickAsync();
        await page.Keyboard.PressAsync("w");
        await page.GetByText("was written last in call 3, store(0x20001000, 0x02)").WaitForAsync();
        await PageChecks.AssertTextsAreWholeAsync(page, $"writer at {width}");
        await PageChecks.AssertIsAccessibleAsync(page, $"writer at {width}");
        await page.Locator("#found button").ClickAsync();
        await AtAsync(page, 3);
        Assert.True(await page.Locator("#found").IsHiddenAsync());
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    /// <summary>A process that is chosen while an answer about another is on its way stays chosen.</summary>
    [Fact]
    public async Task AChosenProcessOutlivesTheAnswerAboutAnother()
    {
        await using ViewServer server = await StartAsync();
        IPage page = await browser.OpenAsync(server.Address + "#10", 1280, ColorScheme.Light, []);
        await AtAsync(page, 10);
        TaskCompletionSource isChosen = new();
        await page.RouteAsync("**/do", async route =>
        {
            await isChosen.Task;
            await route.ContinueAsync();
        });
        await page.Locator("#question").FillAsync("bytes 20001000");
        await page.Locator("#search button").First.ClickAsync();
        await page.Locator("#process").SelectOptionAsync(new SelectOptionValue { Label = "0 script" });    // the last call is the child's
        isChosen.SetResult();
        await page.GetByText("the rest is zeros").First.WaitForAsync();
        await page.Locator("#writer").ClickAsync();
        await page.GetByText("20001000 of process 0 was written last").WaitForAsync();
        await page.Context.CloseAsync();
    }

    /// <summary>No call is the current one at the start, and the list begins with the first.</summary>
    [Fact]
    public async Task BackAtTheStartTheFirstCallIsOnTheScreen()
    {
        string script = string.Join('\n', File.ReadLines(Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn"))
            .Where(static line => line.StartsWith("process(", StringComparison.Ordinal)
                || line.StartsWith("mmap(", StringComparison.Ordinal))
            .Concat(Enumerable.Repeat("load(0x20000000) = 0x00", 100)));
        ViewedScript run = new(ScenarioParser.ParseText(script), new() { RamBytes = 2 << 20 });
        await using ViewServer server = await ViewServer.StartAsync(run, port: 0);
        IPage page = await browser.OpenAsync(server.Address, 1440, ColorScheme.Light, []);
        await AtAsync(page, 0);
        await page.Locator("#run").ClickAsync();
        await AtAsync(page, run.Steps.Count);
        Assert.NotEqual(0, await page.Locator("#calls").EvaluateAsync<double>("list => list.scrollTop"));
        await page.Locator("#start").ClickAsync();
        await AtAsync(page, 0);
        Assert.Equal(0, await page.Locator("#calls").EvaluateAsync<double>("list => list.scrollTop"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task OnlyTheSecretAddressGetsIn()
    {
        await using ViewServer server = await StartAsync();
        using HttpClient client = new();
        Uri address = new(server.Address);
        CancellationToken end = TestContext.Current.CancellationToken;
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(address, "/"), end)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound,
            (await client.PostAsync(new Uri(address, "/do"), new StringContent("{}"), TestContext.Current.CancellationToken)).StatusCode);
        using HttpRequestMessage other = new(HttpMethod.Get, address);
        other.Headers.Host = "example.org";
        Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(other, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(IPAddress.Loopback.ToString(), address.Host);
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest)]
    [InlineData("[]", HttpStatusCode.BadRequest)]
    [InlineData("{}", HttpStatusCode.OK)]
    [InlineData("{\"op\":\"repl\",\"text\":\"nonsense(\"}", HttpStatusCode.OK)]
    [InlineData("{\"op\":\"go\",\"to\":-5}", HttpStatusCode.OK)]
    [InlineData("{\"op\":\"break\",\"kind\":\"frame\",\"text\":\"zz\"}", HttpStatusCode.OK)]
    [InlineData("{\"op\":\"search\",\"text\":\"frame ffffffff\",\"shown\":{\"space\":1,\"nothing\":\"\"}}", HttpStatusCode.OK)]
    public async Task ABadRequestEndsNothing(string request, HttpStatusCode expected)
    {
        await using ViewServer server = await StartAsync();
        using HttpClient client = new();
        using StringContent content = new(request, Encoding.UTF8, "application/json");
        HttpResponseMessage answer = await client.PostAsync(new Uri(server.Address + "do"), content, TestContext.Current.CancellationToken);
        Assert.Equal(expected, answer.StatusCode);
        using StringContent look = new("{\"op\":\"go\",\"to\":2}");
        answer = await client.PostAsync(new Uri(server.Address + "do"), look, TestContext.Current.CancellationToken);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"position\":2", text, StringComparison.Ordinal);
    }

    internal static Task AtAsync(IPage page, int position) =>
        page.Locator($"body[data-position='{position}']").WaitForAsync(new() { State = WaitForSelectorState.Attached });
}
