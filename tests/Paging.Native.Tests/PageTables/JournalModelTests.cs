using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>
/// Random changes of tables under a snapshot, beside dictionaries: the pages with a note, its content, and the state that is restored.
/// </summary>
public sealed class JournalModelTests
{
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void EveryWayToChangeAnEntryNotesItAndGoingBackRestoresIt(TableFormat format) => Property.ForSeeds(20, seed =>
    {
        using JournalRun run = new((int)seed, format);
        for (int step = 0; step < 60; step++) run.Step();
        run.GoBackInTwoIterations();
    });

    /// <summary>Notes at both ends of the user half and of regions: each is visited, and its page is restored.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void NoRegionIsLeftOut(TableFormat format)
    {
        foreach (uint page in (uint[])[0, 0x1FF, 0x200, 0x3FF, 0x400, 0x7FFFF, 0x80000, 0xBFC00, 0xBFDFF, 0xBFE00, 0xBFFFF])
        {
            using JournalRun run = new(1, format);
            run.Store(page);
            run.GoBackInTwoIterations();
        }
    }

    /// <summary>A table that is not there cannot get its entries back: the snapshot keeps its tables.</summary>
    [Fact]
    public void AKeptEntryWithoutATableIsABrokenRule()
    {
        using JournalRun run = new(1, TableFormat.Classic);
        Assert.Throws<InvariantException>(run.GoBackWithoutATable);
    }
}
