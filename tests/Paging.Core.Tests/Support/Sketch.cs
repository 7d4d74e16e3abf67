using Xunit;

namespace Paging.Core.Tests;

/// <summary>Plays steps drawn as pictures, audits after each, and draws what came out.</summary>
/// <remarks><code>
///   map Ww..Ww.. | touch t....... | map ..Ww.... !ENOMEM | fork | unmap .xx
///   │   └ a column is a page; letters of areas in AreaLetter; other verbs name their letters in SketchSteps
///   └ a verb                                      └ the error expected of every call in the step
/// </code>After fork the steps go on in the child, after exit in its parent.</remarks>
internal static class Sketch
{
    /// <summary>The pages between the base and the initial break; there is no heap before a step <c>brk</c>.</summary>
    public const int BreakColumn = 2;

    /// <summary>Plays the steps and draws the areas of the process that played the last one, as wide as the widest picture.</summary>
    public static string Play(string steps, int maxMapCount = 65_530)
    {
        EngineOptions options = World.Options() with { MaxMapCount = maxMapCount };
        using World world = new(options, new ProcessOptions { StartBreak = World.At(BreakColumn) });
        SketchSteps player = new(world);
        int width = 1;
        foreach (string step in steps.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = step.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Errno expected = words[^1][0] == '!' ? Enum.Parse<Errno>(words[^1][1..]) : Errno.None;
            string argument = words.Length > 1 && words[1][0] != '!' ? words[1] : "";
            foreach (Errno error in player.Play(words[0], argument))
                Assert.True(error == expected, $"step '{step}' of '{steps}' returned {error}");
            width = Math.Max(width, argument.Length);
            world.Verify();
        }

        string picture = AreaLetter.Draw(player.Current, width);
        world.AssertNothingIsLeft();
        return picture;
    }
}
