using Paging.Guest.Records;

namespace Paging.Guest.Tests;

/// <summary>The kinds of open files in a checkpoint: consecutive numbers, all below the limit that readers check.</summary>
public sealed class SavedFileKindTests
{
    [Fact]
    public void TheNumbersAreConsecutive()
    {
        SavedFileKind[] kinds = Enum.GetValues<SavedFileKind>();
        Assert.Equal(Enumerable.Range(0, kinds.Length), kinds.Select(static kind => (int)kind).Order());
    }
}
