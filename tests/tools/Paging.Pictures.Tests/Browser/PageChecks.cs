using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Paging.Pictures.Tests;

/// <summary>Rules for a page at every moment, as the browser has laid it out.</summary>
internal static class PageChecks
{
    /// <summary>
    /// Finds texts that are cut or lie over each other. Boxes of text are as high as their font's longest letters, so a little is allowed:
    /// lines of 12 units stand 13 apart.
    /// </summary>
    public const string FindBadTexts = """
        () => {
          const found = [], slack = 1.5;
          for (const svg of document.querySelectorAll("svg.fig")) {
            const frame = svg.getBoundingClientRect();
            if (frame.width === 0) continue;
            const texts = [...svg.querySelectorAll("text")].map(text => ({ words: text.textContent, box: text.getBoundingClientRect() }))
              .filter(text => text.box.width > 0);
            for (const { words, box } of texts)
              if (box.left < frame.left - slack || box.right > frame.right + slack || box.top < frame.top - slack * 2 || box.bottom >
              frame.bottom + slack)
                found.push(`cut: '${words}' in ${svg.getAttribute("aria-label").slice(0, 60)}`);
            for (let i = 0; i < texts.length; i++)
              for (let j = i + 1; j < texts.length; j++) {
                const a = texts[i].box, b = texts[j].box;
                const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top,
                b.top);
                if (wide > slack && high > Math.min(a.height, b.height) * 0.12)
                  found.push(`overlap: '${texts[i].words}' and '${texts[j].words}' in ${svg.getAttribute("aria-label").slice(0, 60)}`);
              }
          }
          for (const element of document.querySelectorAll("h1, h2, p, button, figcaption, pre, td, th, summary, nav a, code")) {
            const style = getComputedStyle(element);
            if (element.getBoundingClientRect().width === 0 || style.display === "inline") continue;
            if (element.scrollWidth > element.clientWidth + 2 && style.overflowX !== "auto") found.push(`too wide:
            '${element.textContent.slice(0, 60)}'`);
          }
          if (document.documentElement.scrollWidth > innerWidth + 1) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
          return found;
        }
        """;

    /// <summary>Finds texts of pictures that are smaller on the screen than eleven pixels.</summary>
    public const string FindSmallTexts = """
        () => [...document.querySelectorAll("svg.fig")].filter(svg => svg.getBoundingClientRect().width > 0).flatMap(svg => {
          const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
          return [...svg.querySelectorAll("text")].map(text => ({ text, size: parseFloat(getComputedStyle(text).fontSize) * scale }))
            .filter(({ size }) => size < 10.99).map(({ text, size }) => `${size.toFixed(1)} px: '${text.textContent}'`);
        })
        """;

    /// <summary>
    /// Finds a picture that a step's text is not seen with. On a desk both begin on the screen; on a telephone the picture follows the
    /// text at once, and the text begins on the screen.
    /// </summary>
    public const string FindPartings = """
        () => {
          const text = document.getElementById("now").getBoundingClientRect();
          const picture = document.querySelector("figure.panel").getBoundingClientRect();
          const controls = document.querySelector(".controls"), isFixed = getComputedStyle(controls).position === "fixed";
          const free = isFixed ? controls.getBoundingClientRect().top : innerHeight, line = 24;
          const found = [];
          if (text.top < -1 || text.top > free - 2 * line) found.push(`the text begins at ${text.top} of ${free}`);
          if (isFixed && (picture.top < text.bottom || picture.top - text.bottom > 2 * line))
            found.push(`${picture.top - text.bottom} pixels lie between text and picture`);
          if (!isFixed && picture.top > free / 2) found.push(`the picture begins at ${picture.top} of ${free}`);
          if (isFixed && parseFloat(getComputedStyle(document.body).paddingBottom) < controls.offsetHeight)
            found.push("the buttons hide the end of the page");
          return found;
        }
        """;

    /// <summary>
    /// Runs axe. Pictures that only draw are emptied meanwhile: to assistive technology each is one image with its description, axe cannot
    /// tell the contrast of texts in an image, and it looks at everything it finds. A picture with a part that can be reached, named or
    /// pressed keeps its parts.
    /// </summary>
    public const string FindViolations = """
        async part => {
          const acts = name => /^(aria-|on|id$|role$|tabindex$|href$|xlink:|lang$|xml:|contenteditable$|title$)/.test(name);
          const draws = part => /^(g|text|tspan|rect|line|path|polyline|polygon|circle|ellipse)$/.test(part.localName)
            && !part.getAttributeNames().some(acts);
          const emptied = [...document.querySelectorAll("svg.fig")].filter(svg => [...svg.querySelectorAll("*")].every(draws))
            .map(svg => [svg, [...svg.childNodes]]);
          for (const [svg] of emptied) svg.replaceChildren();
          try {
            const { violations } = await axe.run(part ?? document, { resultTypes: ["violations"] });
            return violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes.slice(0, 3).map(node => node.html).join(" ")}`);
          } finally {
            for (const [svg, parts] of emptied) svg.replaceChildren(...parts);
          }
        }
        """;

    private static readonly string AxeScript = new BundledAxeScriptProvider().GetScript();

    /// <summary>Asserts that no text is cut, and none lies over another.</summary>
    public static async Task AssertTextsAreWholeAsync(IPage page, string where)
    {
        string[] found = await page.EvaluateAsync<string[]>(FindBadTexts);
        Assert.True(found.Length == 0, $"{where}:\n{string.Join('\n', found.Take(12))}");
    }

    /// <summary>Asserts that every text of the pictures can be read.</summary>
    public static async Task AssertTextsAreLargeEnoughAsync(IPage page, string where)
    {
        string[] found = await page.EvaluateAsync<string[]>(FindSmallTexts);
        Assert.True(found.Length == 0, $"{where}:\n{string.Join('\n', found.Take(12))}");
    }

    /// <summary>Asserts that a step's text and its first picture are seen together.</summary>
    public static async Task AssertTextAndPictureAreTogetherAsync(IPage page, string where)
    {
        string[] found = await page.EvaluateAsync<string[]>(FindPartings);
        Assert.True(found.Length == 0, $"{where}:\n{string.Join('\n', found)}");
    }

    /// <summary>Asserts that axe finds no violation.</summary>
    /// <param name="page">The page.</param>
    /// <param name="where">The page and the step, for messages.</param>
    /// <param name="part">The part that has changed since the last time, as a CSS selector; null: the whole page.</param>
    /// <remarks>
    /// axe runs in the page itself, and is put there once: the pages have no frames, for which the Playwright binding opens a page more at
    /// every call.
    /// </remarks>
    public static async Task AssertIsAccessibleAsync(IPage page, string where, string? part = null)
    {
        await AddAxeAsync(page);
        string[] found = await page.EvaluateAsync<string[]>(FindViolations, part);
        Assert.True(found.Length == 0, $"{where}:\n{string.Join('\n', found)}");
    }

    /// <summary>Puts axe into the page, if it is not there yet.</summary>
    public static async Task AddAxeAsync(IPage page)
    {
        if (!await page.EvaluateAsync<bool>("typeof axe === 'object'")) await page.EvaluateAsync(AxeScript);
    }
}
