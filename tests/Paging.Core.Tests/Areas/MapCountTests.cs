using Xunit;

namespace Paging.Core.Tests;

/// <summary>vm.max_map_count, here 8: calls that still succeed for a process with that many areas, and calls that fail.</summary>
public sealed class MapCountTests
{
    private const int Limit = 8;

    [Theory]
    [InlineData("map WRWRWRWR | map-noreserve ........W", "WRWRWRWRW")]              // one above the limit may be made,
    [InlineData("map WRWRWRWRX | map ..........W !ENOMEM", "WRWRWRWRX..")]           // and then none
    [InlineData("map WRWRWRWRX | map .........X !ENOMEM", "WRWRWRWRX.")]             // not even one that would join
    [InlineData("map WRWRWRWRX | unmap x", ".RWRWRWRX")]
    public void NewAreasAreRefusedAboveTheLimit(string steps, string after) => Assert.Equal(after, Sketch.Play(steps, Limit));

    [Theory]
    [InlineData("map WwwRWRWRWR | unmap .x........ !ENOMEM", "WwwRWRWRWR")]          // a cut in two needs a record
    [InlineData("map WwwRWRWRW | unmap .x.......", "W.WRWRWRW")]                     // with one area less it is there
    [InlineData("map WwwRWRWRWR | unmap x.........", ".WwRWRWRWR")]                  // a cut at an end needs none
    [InlineData("map WwwRWRWRWR | unmap ..xx......", "Ww..WRWRWR")]
    [InlineData("map WwwRWRWRWR | map .X........ !ENOMEM", "WwwRWRWRWR")]
    [InlineData("map WwwRWRWRWR | protect .r........ !ENOMEM", "WwwRWRWRWR")]
    [InlineData("map WwwRWRWRWR | protect ...w......", "WwwwwRWRWR")]                // joining is always possible
    [InlineData("map WwwRWRWRWR | protect ..r.......", "WwRrWRWRWR")]                // and so is moving a border
    [InlineData("map WwwRWRWRWR | DontFork .x........ !EAGAIN", "WwwRWRWRWR")]
    [InlineData("map WwwRWRWRWR | lock .x........ !ENOMEM", "WwwRWRWRWR")]
    [InlineData("map WwwRWRWRWR | shrink kxx.......", "W..RWRWRWR")]
    [InlineData("map WwRWR...... | grow oog... !ENOMEM", "WwRWR......")]
    public void CutsAreRefusedAtTheLimit(string steps, string after) => Assert.Equal(after, Sketch.Play(steps, Limit));

    [Theory]
    [InlineData("map WR | move a.A", ".RW")]                                          // Linux asks for room for four cuts
    [InlineData("map WRW... | move a....A !ENOMEM", "WRW...")]                        // 3 + 2 >= 8 - 3: check_mremap_params
    [InlineData("map WRWR.. | move a....A !ENOMEM", "WRWR..")]
    [InlineData("map WRWRW. | move ....aA !ENOMEM", "WRWRW.")]
    public void AMoveAsksForRoomForItsCutsBeforeItBegins(string steps, string after) => Assert.Equal(after, Sketch.Play(steps, Limit));

    [Fact]
    public void AProtectThatFindsNoRecordForItsSecondCutKeepsTheFirst() =>
        Assert.Equal("WWwRWRWRW", Sketch.Play("map WwwRWRWRW | protect .r....... !ENOMEM", Limit));    // as in Linux
}
