using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Playwright;
using Paging.Pictures.Pages;
using Paging.Tests;

namespace Paging.Pictures.Tests;

/// <summary>The tour's page in a real browser: every story to its end and back, on a desk and on a telephone, light and dark.</summary>
public sealed class TourPageTests(ChromiumFixture browser, TourFixture tour) : IClassFixture<TourFixture>
{
    private const string StepMillisecondsMax = "100";

    /// <summary>The machine may be busy with something else for a moment; a slow page is slow each time.</summary>
    private const string StepTries = "4";

    /// <summary>
    /// Walks through a story of a number of steps to its end and back, and checks what each step shows. One question for a whole story:
    /// otherwise the browser paints each step, and a question costs more than its answer.
    /// </summary>
    private const string Walk = $$"""
        async count => {
          const checks = [{{PageChecks.FindSmallTexts}}, {{PageChecks.FindBadTexts}}, {{PageChecks.FindViolations}}];
          const findPartings = {{PageChecks.FindPartings}};
          const found = [], shown = [], panels = [];
          const report = all => found.push(...all.map(one => `${document.body.dataset.step}: ${one}`));
          const press = id => {
            const from = performance.now();
            document.getElementById(id).click();
            void document.body.offsetHeight;
            return performance.now() - from;
          };
          const step = (id, other) => {
            let least = press(id);
            for (let tries = 1; least >= {{StepMillisecondsMax}} && tries < {{StepTries}}; tries++) {
              press(other);
              least = Math.min(least, press(id));
            }
            if (least >= {{StepMillisecondsMax}}) report([`a step took ${least} ms at best`]);
          };
          const read = at => {
            const html = document.getElementById("panels").innerHTML;
            if (html !== (panels[at] ??= html)) report(["the pictures are others on the way back"]);
            shown.push({
              Place: document.body.dataset.step,
              Title: document.getElementById("step").innerText,
              Labels: [...document.querySelectorAll(".panel")].sort((a, b) => a.dataset.index - b.dataset.index)
                .map(panel => panel.querySelector("svg").getAttribute("aria-label")),
              OpenCount: [...document.querySelectorAll("figure.panel")].filter(panel => panel.offsetHeight > 60).length,
              FoldedCount: document.querySelectorAll("details.panel:not([open])").length,
            });
          };
          for (let at = 0; at < count; at++) {
            if (at > 0) step("next", "back");
            read(at);
            if (at > 0) report(findPartings());
            for (const folded of document.querySelectorAll("details.panel")) folded.open = true;
            for (const check of checks) report(await check(at > 0 ? "#story" : null));
          }
          for (let at = count - 2; at >= 0; at--) {
            step("back", "next");
            read(at);
          }
          return { Shown: shown, Found: found };
        }
        """;

    /// <summary>Colours differ by the scheme and places by the width: two walks of each story find what either can break.</summary>
    public static TheoryData<string, int, ColorScheme> Cases
    {
        get
        {
            TheoryData<string, int, ColorScheme> cases = [];
            foreach (Story story in Soak.Rows(TourStories.All, 6))
            {
                if (story.Name is not "variables") cases.Add(story.Name, 1280, ColorScheme.Light);
                if (story.Name is not "copy") cases.Add(story.Name, 390, ColorScheme.Dark);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases)), Trait("Category", "Slow")]
    public Task AStoryStepsToItsEndAndBack(string name, int width, ColorScheme scheme) => WalkAsync(name, width, scheme);

    /// <summary>The other two walks, while one works.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("variables", 1280, ColorScheme.Light)]
    [InlineData("copy", 390, ColorScheme.Dark)]
    public Task AFewStoriesDo(string name, int width, ColorScheme scheme) => WalkAsync(name, width, scheme);

    private async Task WalkAsync(string name, int width, ColorScheme scheme)
    {
        (IPage page, List<string> complaints) = await tour.ShowAsync(name, width, scheme);
        Story story = TourStories.All.Single(story => string.Equals(story.Name, name, StringComparison.Ordinal));
        await PageChecks.AddAxeAsync(page);
        StoryWalk walk = await page.EvaluateAsync<StoryWalk>(Walk, story.Steps.Count);
        Assert.True(walk.Found.Length == 0, $"At {width}:\n{string.Join('\n', walk.Found.Take(12))}");
        int[] there = [.. Enumerable.Range(1, story.Steps.Count)];
        Assert.All(walk.Shown.Zip([.. there, .. there.Reverse().Skip(1)]), pair => AssertShows(pair.First, story, pair.Second));
        Assert.Equal((2 * story.Steps.Count) - 1, walk.Shown.Length);
        Assert.Empty(complaints);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public async Task KeysStepAndLinksLeadToStories()
    {
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(tour.Address, 1600, ColorScheme.Light, complaints);
        await page.Keyboard.PressAsync("ArrowRight");
        await AssertIsAtAsync(page, "layouts/2");
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("ArrowLeft");
        await AssertIsAtAsync(page, "layouts/1");
        await page.Keyboard.PressAsync("End");
        Assert.Equal("Next story →", await page.Locator("#next").InnerTextAsync());
        await page.Keyboard.PressAsync("ArrowRight");
        await AssertIsAtAsync(page, "variables/1");
        await page.Keyboard.PressAsync("ArrowLeft");
        await AssertIsAtAsync(page, "layouts/4");
        await page.GetByRole(AriaRole.Link, new() { Name = "Agreed, then done" }).ClickAsync();
        await AssertIsAtAsync(page, "brk/1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Step 3: The first write" }).ClickAsync();
        await AssertIsAtAsync(page, "brk/3");
        Assert.Equal("The first write", await page.GetByRole(AriaRole.Heading, new() { Level = 2 }).InnerTextAsync());
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    /// <summary>A picture that the reader has opened stays open on the next step; another story begins folded.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public async Task APictureThatWasOpenedStaysOpen()
    {
        IPage page = await browser.OpenAsync($"{tour.Address}#brk/2", 1280, ColorScheme.Light, []);
        ILocator folded = page.Locator("details.panel:not([open])"), open = page.Locator("details.panel[open]");
        string key = (await folded.First.GetAttributeAsync("data-key"))!;
        await folded.First.Locator("summary").ClickAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await AssertIsAtAsync(page, "brk/3");
        string[] shown = await page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('details.panel[open], figure.panel')].map(panel => panel.dataset.key)");
        Assert.Contains(key, shown, StringComparer.Ordinal);
        await page.Keyboard.PressAsync("ArrowLeft");
        await AssertIsAtAsync(page, "brk/2");
        Assert.Equal(key, await open.First.GetAttributeAsync("data-key"));
        await open.First.Locator("summary").ClickAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.Equal(0, await open.CountAsync());
        await page.Context.CloseAsync();
    }

    /// <summary>Paper has the story's steps, each with its words and two pictures, and none of the page's controls.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public async Task PaperHasTheWholeStory()
    {
        IPage page = await browser.OpenAsync($"{tour.Address}#brk/2", 1280, ColorScheme.Light, []);
        Story story = TourStories.All.Single(static story => story.Name is "brk");
        Assert.StartsWith("%PDF-", Encoding.ASCII.GetString(await page.PdfAsync()));    // as Ctrl+P: the page is told before it is printed
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        Assert.Equal(story.Steps.Select(static step => step.Title), await page.Locator("#print h2").AllInnerTextsAsync(),
            StringComparer.Ordinal);
        Assert.Equal(2 * story.Steps.Count, await page.Locator("#print svg").CountAsync());
        Assert.False(await page.Locator(".controls").IsVisibleAsync());
        Assert.True(await page.Locator("#print").IsVisibleAsync());
        await page.Context.CloseAsync();
    }

    /// <summary>Without scripts the page lists every step of every story.</summary>
    [Fact]
    public void WithoutScriptsStepsAreAList()
    {
        string page = StoryPage.Write(TourStories.All), list = page.Split("<noscript><div")[1].Split("</noscript>")[0];
        Assert.Equal(TourStories.All.Sum(static story => story.Steps.Count), list.Split("<li>").Length - 1);
        string words = WebUtility.HtmlDecode(list);
        Assert.All(TourStories.All.SelectMany(static story => story.Steps),
            step => Assert.Contains(step.Title, words, StringComparison.Ordinal));
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(390)]
    [InlineData(1280)]
    public async Task TheChecksFindATextThatIsFarFromItsPicture(int width)
    {
        IPage page = await browser.OpenAsync($"{tour.Address}#brk/3", width, ColorScheme.Light, []);
        await page.EvaluateAsync("document.getElementById('now').scrollIntoView()");
        await PageChecks.AssertTextAndPictureAreTogetherAsync(page, "brk/3");
        await page.EvaluateAsync("document.getElementById('panels').style.marginTop = '600px'");
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertTextAndPictureAreTogetherAsync(page, "brk/3"));
        await page.Context.CloseAsync();
    }

    [Trait("Category", "Medium")]
    [Fact]
    public async Task TheChecksFindAPictureWithoutANameAndATextThatIsCut()
    {
        IPage page = await browser.OpenAsync("about:blank", 390, ColorScheme.Light, []);
        await page.SetContentAsync("<html lang=en><title>t</title><main><h1>t</h1><svg class=fig width=9 height=9 role=img>"
            + "<text x=0 y=9>longer than its picture</text></svg></main></html>");
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertIsAccessibleAsync(page, "a picture"));
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertIsAccessibleAsync(page, "a picture", "main"));
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertTextsAreWholeAsync(page, "a text"));

        await page.EvaluateAsync("document.querySelector('svg').setAttribute('aria-label', 'a name')");
        await PageChecks.AssertIsAccessibleAsync(page, "a picture with a name");
        await page.EvaluateAsync("document.querySelector('text').setAttribute('role', 'nothing')");
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertIsAccessibleAsync(page, "a part with an unknown role"));
        await page.Context.CloseAsync();
    }

    /// <summary>A link changes the address, of which the page learns by an event of its own: waits for it.</summary>
    private static Task AssertIsAtAsync(IPage page, string step) =>
        Assertions.Expect(page.Locator("body")).ToHaveAttributeAsync("data-step", step);

    private static void AssertShows(ShownStep shown, Story story, int step)
    {
        StoryStep source = story.Steps[step - 1];
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{story.Name}/{step}"), shown.Place);
        Assert.Equal(source.Title, shown.Title);
        Assert.Equal(source.Figures.Select(static figure => $"{figure.Title}. {figure.Description}"), shown.Labels, StringComparer.Ordinal);
        Assert.Equal(2, shown.OpenCount);
        Assert.Equal(source.Figures.Count - 2, shown.FoldedCount);
    }
}
