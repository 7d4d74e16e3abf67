using Xunit;

namespace Paging.Core.Tests;

/// <summary>The areas that a child gets from its parent, and those that they may join. Linux: dup_mmap, vma_is_fork_child.</summary>
public sealed class ForkedAreaTests
{
    [Theory]
    [InlineData("map Ww.... | touch t..... | fork | map ..Ww..", "WwWw..")]                        // never with an area without history
    [InlineData("map Ww.... | touch t..... | fork | exit | map ..Ww..", "Wwww..")]                 // in the parent as ever
    [InlineData("map Ww.... | fork | map ..Ww..", "Wwww..")]                                       // nothing to take over
    [InlineData("map Ww.... | read t..... | fork | map ..Ww..", "Wwww..")]
    [InlineData("map Wwww.. | touch t..... | fork | protect .rr... | protect .ww...", "Wwww..")]   // cut from the same area: one again
    [InlineData("map WwRr.. | touch t..... | fork | protect ..ww..", "WwWw..")]
    [InlineData("map WwRr.. | touch t..... | fork | protect ..ww.. | touch ..t...", "WwWw..")]     // it does not pass its history on
    [InlineData("map Ww.... | touch t..... | fork | grow oogg..", "Wwww..")]
    [InlineData("map Ww..Ww | touch t..... | fork | grow oogg..", "Wwwwww")]                       // growth in place joins the area after
    [InlineData("map Ww.... | touch t..... | fork | unmap xx.... | map Wwww..", "Wwww..")]
    [InlineData("map Ww.... | touch t..... | fork | fork | map ..Ww..", "WwWw..")]
    public void AnAreaThatTookOverAHistoryJoinsNoneWithout(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map WwRr.. | DontFork xx.... | fork", "..Rr..")]
    [InlineData("map Wwwwww | DontFork ..xx.. | fork", "Ww..Ww")]
    [InlineData("map Wwwwww | DontFork ..xx.. | fork | exit", "WwWwWw")]
    [InlineData("map Ww..Ss | WipeOnFork xx.... | fork", "Ww..Ss")]
    [InlineData("map Ww.... | touch tt.... | WipeOnFork xx.... | fork | map ..Ww..", "WwWw..")]                    // it stays marked
    [InlineData("map Ww.... | touch tt.... | WipeOnFork xx.... | fork | KeepOnFork xx.... | map ..Ww..", "Wwww..")]    // and has no history
    // locks are not inherited
    [InlineData("map Ll.... | fork", "Ww....")]
    // and nothing is joined at fork
    [InlineData("map Wwww.. | lock .xx... | fork", "WWwW..")]
    public void AChildGetsTheAreasAgreedForIt(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Ww.... | touch t..... | fork | exit", "Ww....")]
    [InlineData("map Ww.... | touch t..... | fork | touch tt.... | unmap x..... | exit | touch tt....", "Ww....")]
    [InlineData("map Ww.... | touch t..... | fork | fork | fork | touch t..... | exit | exit | exit | touch t.....", "Ww....")]
    [InlineData("map WwRrXx | touch tt.... | fork | protect wwwwww | touch tttttt | fork | unmap .xxxx. | exit", "WwWwww")]
    [InlineData("map Ww.... | touch tt.... | fork | move aa..AA | touch ....tt | fork | move ..AAaa", "..Ww..")]
    public void HistoriesOfGenerationsAreGivenBack(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));
}
