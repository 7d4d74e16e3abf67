using Xunit;

namespace Paging.Core.Tests;

/// <summary>Areas after unmapping, mapping over, and changes of rights. Linux: __split_vma, vma_modify.</summary>
public sealed class SplitTests
{
    [Theory]
    [InlineData("map Wwwwww | unmap ..xx..", "Ww..Ww")]
    [InlineData("map Wwwwww | unmap xx....", "..Wwww")]
    [InlineData("map Wwwwww | unmap ....xx", "Wwww..")]
    [InlineData("map Wwwwww | unmap xxxxxx", "......")]
    [InlineData("map Ww.Rr.Ww | unmap .xxxxxx.", "W......W")]      // holes in the range are no error
    [InlineData("map ..Ww.. | unmap xx..xx", "..Ww..")]            // nothing there
    [InlineData("map WwRrWw | unmap ..xx..", "Ww..Ww")]            // munmap never joins
    [InlineData("map Ssssss | unmap ..xx..", "Ss..Ss")]
    [InlineData("map Ffffff | touch t....t | unmap ..xx..", "Ff..Ff")]
    public void UnmapTakesAwayExactlyTheRange(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Wwwwww | map ..Rr..", "WwRrWw")]
    [InlineData("map Wwwwww | map ..Ww..", "Wwwwww")]              // cut out and joined again
    [InlineData("map Wwwwww | touch tttttt | map ..Ww..", "Wwwwww")]
    [InlineData("map Ww.Rr. | map .Xxxxx", "WXxxxx")]
    [InlineData("map Rrrrrr | map Ww....", "WwRrrr")]
    public void MappingOverReplacesTheOldAreas(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Wwwwww | limit-as 2 | map ..Rr.. !ENOMEM", "WwWwWw")]
    [InlineData("map Wwwwww | limit-as 2 | map Rr.... !ENOMEM", "WwWwww")]
    [InlineData("map Wwwwww | limit-data 1 | map ..Ww.. !ENOMEM", "WwWwWw")]
    [InlineData("map Wwwwww | touch t..t.t | limit-as 2 | map ..Rr.. !ENOMEM", "WwWwWw")]
    // a change joins again
    [InlineData("map Wwwwww | limit-as 2 | map ..Rr.. !ENOMEM | limit-as 100 | protect ..rr.. | protect ..ww..", "Wwwwww")]
    public void ARefusedFixedMappingLeavesCutsAtTheEndsOfItsRange(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Wwwwww | protect ..rr..", "WwRrWw")]
    [InlineData("map Wwwwww | protect rr....", "RrWwww")]
    [InlineData("map Wwwwww | protect ....rr", "WwwwRr")]
    [InlineData("map WwRrWw | protect ..ww..", "Wwwwww")]          // all three agree now
    [InlineData("map WwRr.. | protect ..ww..", "Wwww..")]
    [InlineData("map WwRrrr | protect ..ww..", "WwwwRr")]          // the border moves
    [InlineData("map WwwwRr | protect ..rr..", "WwRrrr")]
    [InlineData("map WwRrXx | protect .xxxx.", "WXxxxx")]
    [InlineData("map Wwwwww | protect ..ww..", "Wwwwww")]          // a call that changes nothing cuts nothing
    [InlineData("map Ww..Ww | protect rrrrrr !ENOMEM", "Rr..Ww")]  // up to the hole
    [InlineData("map Sss | protect .z.", "SZS")]
    [InlineData("map Sss | protect .z. | protect .s.", "Sss")]     // pieces of one object join again
    [InlineData("map Mmm | protect .d. | protect .m.", "Mmm")]
    [InlineData("map WwRr | limit-data 3 | protect ..ww !ENOMEM", "WwRr")]
    public void ProtectCutsAndJoins(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    // cut from one area: one history
    [InlineData("map Wwwwww | touch t..... | protect ..rr.. | protect ..ww..", "Wwwwww")]
    // two histories; joins the one below
    [InlineData("map Wwwwww | protect ..rr.. | touch t..... | touch ....t. | protect ..ww..", "WwwwWw")]
    // without history no longer accounted
    [InlineData("map WwRrNn | protect rrrrrr", "Rrrrrr")]
    // with one it stays accounted
    [InlineData("map WwRrNn | touch t..... | protect rrrrrr", "RrRrrr")]
    public void HistoriesDecideWhichAreasProtectJoins(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Wwwww | lock .xx..", "WLlWw")]
    [InlineData("map Wwwww | lock .xx.. | unlock .xx..", "Wwwww")]
    [InlineData("map Wwwww | lock-onfault .xx..", "WLlWw")]
    [InlineData("map Wwwww | lock-onfault .xx.. | lock xxxxx", "Lllll")]
    [InlineData("map Ww.Ww | lock xxxxx !ENOMEM", "Ll.Ww")]        // up to the hole
    [InlineData("map Ll.Ll | unlock xxxxx !ENOMEM", "Ww.Ll")]
    [InlineData("map Rr.Ww | lock xx.xx", "Kk.Ll")]
    public void LockingCutsAndJoins(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));

    [Theory]
    [InlineData("map Wwwwww | DontFork ..xx..", "WwWwWw")]
    [InlineData("map Wwwwww | DontFork ..xx.. | DoFork ..xx..", "Wwwwww")]
    [InlineData("map Wwwwww | WipeOnFork ..xx..", "WwWwWw")]
    [InlineData("map Wwwwww | WipeOnFork ..xx.. | KeepOnFork xxxxxx", "Wwwwww")]
    [InlineData("map Wwwwww | Sequential ..xx..", "WwWwWw")]
    [InlineData("map Wwwwww | Sequential ..xx.. | Random ..xx..", "WwWwWw")]
    [InlineData("map Wwwwww | Sequential ..xx.. | Sequential xx..xx", "Wwwwww")]
    [InlineData("map Wwwwww | Random ..xx.. | Normal ..xx..", "Wwwwww")]
    [InlineData("map Wwwwww | DontDump xx.... | DoDump xx....", "Wwwwww")]
    [InlineData("map Ww..Ww | DontFork xxxxxx !ENOMEM | map ..Ww..", "WwWwWw")]    // goes on after the hole
    [InlineData("map Wwwwww | DontNeed ..xx..", "Wwwwww")]
    [InlineData("map Wwwwww | WillNeed ..xx..", "Wwwwww")]
    [InlineData("map Wwwwww | Cold ..xx..", "Wwwwww")]
    public void AdviceThatIsKeptCutsAndJoins(string steps, string after) => Assert.Equal(after, Sketch.Play(steps));
}
