using System.Globalization;
using Microsoft.Playwright;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary>The tour's page in a real browser: every story to its end and back, on a desk and on a telephone, light and dark.</summary>
public sealed class TourPageTests(ChromiumFixture browser, TourFixture tour) : IClassFixture<TourFixture>
{
    /// <summary>Reads a step from the page in one question, since each question costs more than its answer.</summary>
    private const string ReadStep = """
        () => ({
          Place: document.body.dataset.step,
          Title: document.getElementById("step").innerText,
          Labels: [...document.querySelectorAll(".panel")].sort((a, b) => a.dataset.index - b.dataset.index)
            .map(panel => panel.querySelector("svg").getAttribute("aria-label")),
          OpenCount: [...document.querySelectorAll("figure.panel")].filter(panel => panel.offsetHeight > 60).length,
          FoldedCount: document.querySelectorAll("details.panel:not([open])").length,
          Panels: document.getElementById("panels").innerHTML,
        })
        """;

    private const double StepMillisecondsMax = 100;
    private const int StepTries = 4;    // the machine may be busy with something else for a moment; a slow page is slow each time

    /// <summary>Colours differ by the scheme and places by the width: two walks of each story find what either can break.</summary>
    public static TheoryData<string, int, ColorScheme> Cases
    {
        get
        {
            TheoryData<string, int, ColorScheme> cases = [];
            foreach (Story story in TourStories.All)
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
        List<string> there = [];
        for (int step = 1; step <= story.Steps.Count; step++)
        {
            if (step > 1) await StepAsync(page, "next");
            there.Add(await CheckAsync(page, story, step));
            if (step > 1) await PageChecks.AssertTextAndPictureAreTogetherAsync(page, $"{name}/{step} at {width}");
            await page.EvaluateAsync("() => document.querySelectorAll('details.panel').forEach(folded => { folded.open = true; })");
            await PageChecks.AssertTextsAreLargeEnoughAsync(page, $"{name}/{step} at {width}");
            await PageChecks.AssertTextsAreWholeAsync(page, $"{name}/{step} at {width}");
            await PageChecks.AssertIsAccessibleAsync(page, $"{name}/{step} at {width}", step == 1, step == 1 ? null : "#story");
        }

        for (int step = story.Steps.Count - 1; step >= 1; step--)
        {
            await StepAsync(page, "back");
            Assert.Equal(there[step - 1], await CheckAsync(page, story, step));
        }

        Assert.Empty(complaints);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public async Task KeysStepAndLinksLeadToStories()
    {
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(tour.Address, 1600, ColorScheme.Light, complaints);
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal("layouts/2", await page.EvaluateAsync<string>("document.body.dataset.step"));
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.Equal("layouts/1", await page.EvaluateAsync<string>("document.body.dataset.step"));
        await page.Keyboard.PressAsync("End");
        Assert.Equal("Next story →", await page.Locator("#next").InnerTextAsync());
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal("variables/1", await page.EvaluateAsync<string>("document.body.dataset.step"));
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.Equal("layouts/4", await page.EvaluateAsync<string>("document.body.dataset.step"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Agreed, then done" }).ClickAsync();
        Assert.Equal("brk/1", await page.EvaluateAsync<string>("document.body.dataset.step"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Step 3: The first write" }).ClickAsync();
        Assert.Equal("brk/3", await page.EvaluateAsync<string>("document.body.dataset.step"));
        Assert.Equal("The first write", await page.GetByRole(AriaRole.Heading, new() { Level = 2 }).InnerTextAsync());
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
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
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertIsAccessibleAsync(page, "a picture", withPictures: true));
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertIsAccessibleAsync(page, "a picture", true, "main"));
        await Assert.ThrowsAnyAsync<Exception>(() => PageChecks.AssertTextsAreWholeAsync(page, "a text"));
        await page.Context.CloseAsync();
    }

    /// <summary>Checks that the page shows the story's step. Returns the panels, to be compared on the way back.</summary>
    private static async Task<string> CheckAsync(IPage page, Story story, int step)
    {
        ShownStep shown = await page.EvaluateAsync<ShownStep>(ReadStep);
        StoryStep source = story.Steps[step - 1];
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{story.Name}/{step}"), shown.Place);
        Assert.Equal(source.Title, shown.Title);
        Assert.Equal(source.Figures.Select(static figure => $"{figure.Title}. {figure.Description}"), shown.Labels, StringComparer.Ordinal);
        Assert.Equal(2, shown.OpenCount);
        Assert.Equal(source.Figures.Count - 2, shown.FoldedCount);
        return shown.Panels;
    }

    /// <summary>Presses a button, and measures until the browser has laid the page out. Tries again if that took long.</summary>
    private static async Task StepAsync(IPage page, string button)
    {
        string other = string.Equals(button, "next", StringComparison.Ordinal) ? "back" : "next";
        double least = await MeasureAsync(page, button);
        for (int tries = 1; least >= StepMillisecondsMax && tries < StepTries; tries++)
        {
            await MeasureAsync(page, other);
            least = Math.Min(least, await MeasureAsync(page, button));
        }

        Assert.True(least < StepMillisecondsMax, $"A step took {least} ms at best, {StepTries} times.");
    }

    private static Task<double> MeasureAsync(IPage page, string button) => page.EvaluateAsync<double>(
        "id => { const from = performance.now(); document.getElementById(id).click(); void document.body.offsetHeight; "
        + "return performance.now() - from; }",
        button);
}
