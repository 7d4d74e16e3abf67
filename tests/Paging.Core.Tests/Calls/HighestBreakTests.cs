using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A program whose last segment ends at the end of the user half has its break there.</summary>
public sealed class HighestBreakTests
{
    [Fact]
    public void ABreakAtTheEndOfTheUserHalfCannotGrow()
    {
        using World world = new();
        VirtualAddress end = new(0xC000_0000);
        world.Memory.SetProgram(default, end);
        Assert.Equal(end, world.Memory.SetBreak(new(0xC000_0001)));
        Assert.Equal(end, world.Memory.Break);
        Assert.Equal("startBreak",
            Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.SetProgram(default, new(0xC000_1000))).ParamName);
        world.Verify();
    }
}
