namespace Paging.Policies.Tests;

/// <summary>The strings of the textbooks, so that a clone without the shared traces tests each policy against fixed figures.</summary>
public class TextbookTests
{
    [Theory]
    [InlineData("FIFO", Textbook.A, 1, new[] { 20, 15, 15, 10, 9, 6 })]
    [InlineData("LRU", Textbook.A, 1, new[] { 20, 17, 12, 8, 7, 6 })]
    [InlineData("CLOCK", Textbook.A, 1, new[] { 20, 15, 14, 9, 9, 6 })]
    [InlineData("CLOCK0", Textbook.A, 1, new[] { 20, 17, 11, 8, 7, 6 })]
    [InlineData("2Q", Textbook.A, 1, new[] { 20, 19, 14, 10, 9, 6 })]
    [InlineData("ARC", Textbook.A, 1, new[] { 20, 15, 13, 9, 7, 6 })]
    [InlineData("LFU", Textbook.A, 1, new[] { 20, 15, 11, 9, 7, 6 })]
    [InlineData("SIEVE", Textbook.A, 1, new[] { 20, 17, 11, 8, 7, 6 })]
    [InlineData("S3FIFO", Textbook.A, 1, new[] { 20, 15, 13, 8, 7, 6 })]
    [InlineData("FIFO", Textbook.B, 1, new[] { 12, 12, 9, 10, 5 })]
    [InlineData("LRU", Textbook.B, 1, new[] { 12, 12, 10, 8, 5 })]
    [InlineData("CLOCK", Textbook.B, 1, new[] { 12, 12, 9, 10, 5 })]
    [InlineData("CLOCK0", Textbook.B, 1, new[] { 12, 12, 10, 8, 5 })]
    [InlineData("2Q", Textbook.B, 1, new[] { 12, 12, 11, 9, 5 })]
    [InlineData("ARC", Textbook.B, 1, new[] { 12, 12, 10, 7, 5 })]
    [InlineData("LFU", Textbook.B, 1, new[] { 12, 12, 10, 8, 5 })]
    [InlineData("SIEVE", Textbook.B, 1, new[] { 12, 12, 10, 8, 5 })]
    [InlineData("S3FIFO", Textbook.B, 1, new[] { 12, 12, 10, 10, 5 })]
    [InlineData("FIFO", Textbook.C, 2, new[] { 10, 9, 6 })]
    [InlineData("LRU", Textbook.C, 2, new[] { 10, 7, 6 })]
    [InlineData("CLOCK", Textbook.C, 2, new[] { 10, 8, 6 })]
    [InlineData("CLOCK0", Textbook.C, 2, new[] { 10, 6, 6 })]
    [InlineData("2Q", Textbook.C, 2, new[] { 11, 8, 6 })]
    [InlineData("ARC", Textbook.C, 2, new[] { 9, 6, 6 })]
    [InlineData("LFU", Textbook.C, 2, new[] { 8, 6, 6 })]
    [InlineData("SIEVE", Textbook.C, 2, new[] { 10, 6, 6 })]
    [InlineData("S3FIFO", Textbook.C, 2, new[] { 9, 8, 6 })]
    public void MissesByFrames(string policy, string text, int firstFrameCount, int[] misses) =>
        Assert.Equal(misses,
            misses.Select((_, index) => (int)SimulatedRuns.Misses(policy, firstFrameCount + index, Textbook.Accesses(text))));

    [Theory]
    [InlineData("FIFO")]
    [InlineData("CLOCK")]
    public void MoreFramesMayMeanMoreMisses(string policy) =>    // Belady, Nelson, Shedler 1969
        Assert.True(SimulatedRuns.Misses(policy, 4, Textbook.Accesses(Textbook.B)) > SimulatedRuns.Misses(policy, 3,
            Textbook.Accesses(Textbook.B)));
}
