using Paging.Guest.Checkpoints;

namespace Paging.Guest.Tests;

/// <summary>The kinds of open files in a checkpoint: consecutive numbers, all below the limit that readers check.</summary>
public sealed class SavedFileKindTests
{
    [Fact]
    public void EveryKindIsBelowTheirNumber()
    {
        // Read from the assembly: the compiler would put the constant of its own day here
        object? count = typeof(SavedFileKinds).GetField(nameof(SavedFileKinds.Count))?.GetRawConstantValue();
        Assert.Equal(Enum.GetValues<SavedFileKind>().Length, count);
        Assert.Equal(Enumerable.Range(0, (int)count!), Enum.GetValues<SavedFileKind>().Select(static kind => (int)kind).Order());
    }
}
