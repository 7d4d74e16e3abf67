using Paging.Guest.Checkpoints;

namespace Paging.Guest.Tests;

/// <summary>The kinds of open files that a checkpoint knows: numbers in a row, all below the number that readers compare with.</summary>
public sealed class SavedFileKindTests
{
    [Fact]
    public void EveryKindIsBelowTheirNumber()
    {
        SavedFileKind[] kinds = Enum.GetValues<SavedFileKind>();
        Assert.Equal(Enumerable.Range(0, SavedFileKinds.Count), kinds.Select(static kind => (int)kind).Order());
    }
}
