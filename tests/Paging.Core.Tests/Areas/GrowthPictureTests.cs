using Xunit;

namespace Paging.Core.Tests;

/// <summary>Areas that grow down to an access: their limits and the areas that they join. Linux: expand_downwards.</summary>
public sealed class GrowthPictureTests
{
    [Theory]
    [InlineData("map ....Gg | touch ..t...", "..Gggg")]
    [InlineData("map ....Gg | read ..t...", "..Gggg")]
    [InlineData("map ....Hh | read ..t...", "..Hhhh")]                  // growth does not need the right to write
    [InlineData("map ....Gg | touch t..... | touch ..t...", "Gggggg")]
    [InlineData("map N...Gg | touch .t....", "NGgggg")]                 // no rights at all hold no gap
    [InlineData("map G...Gg | touch .t....", "GGgggg")]                 // nor does another growing area; and growth joins nothing
    [InlineData("map W...Gg | refuse .t....", "W...Gg")]                // 256 pages stay free above others
    [InlineData("map R...Gg | refuse ...t..", "R...Gg")]
    [InlineData("map ..WwGg | refuse .t....", "..WwGg")]                // the next area above does not grow
    [InlineData("map ....Ww | refuse ...t..", "....Ww")]
    public void AnAreaGrowsOverFreePagesToTheAccess(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Gg.... | map ..Gg..", "Gggg..")]                                     // ordinary mappings join as ever
    [InlineData("map ....Gg | touch ..t... | unmap ...x.. | touch ..t...", "..G.Gg")]
    [InlineData("map ....Gg | read ...t.. | protect ...r.. | protect ...w..", "...Ggg")]  // the read gave it a history; both pieces have it
    [InlineData("map ....Gg | limit-as 2 | refuse ...t..", "....Gg")]
    [InlineData("map ....Gg | touch ...t.. | limit-as 3 | refuse ..t...", "...Ggg")]
    public void GrowthObeysLimitsAndGivesAHistory(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map .Gg..Gg | map ...Gg..", ".Gggggg")]
    // a limit refuses after the history was given
    [InlineData("map .Gg..Gg | limit-as 4 | refuse t...t.. | limit-as 100 | map ...Gg..", ".GgggGg")]
    [InlineData("map W.Gg..Gg | refuse .t...... | touch ......t. | map ....Gg..", "W.Gggggg")]            // the area below refuses
    public void AGrowthRefusedByALimitLeavesAHistoryAndOneRefusedByAnAreaDoesNot(string steps, string after) =>
        Assert.Equal(after, Sketch.Play(steps));
}
