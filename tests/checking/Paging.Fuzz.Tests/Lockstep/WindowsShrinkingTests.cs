using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The Windows target keeps only a smaller script that fails in the same way.</summary>
public sealed class WindowsShrinkingTests
{
    private const string Failure = "VirtualProtect(0x20000000, 0x1000, PAGE_READWRITE)\n  expected: FALSE ERROR_INVALID_ADDRESS\n"
        + "  actual:   FALSE ERROR_INVALID_PARAMETER";

    [Theory]
    [InlineData("VirtualProtect(0x24000000, 1, PAGE_NOACCESS)\n  expected: FALSE ERROR_INVALID_ADDRESS\n"
        + "  actual:   FALSE ERROR_INVALID_PARAMETER", true)]
    [InlineData("VirtualProtect(0x20000000, 0x1000, PAGE_READWRITE)\n  expected: TRUE PAGE_READONLY\n"
        + "  actual:   FALSE ERROR_INVALID_PARAMETER", false)]
    [InlineData("MapViewOfFile(s1, FILE_MAP_READ, 0, 0)\n  expected: FALSE ERROR_INVALID_ADDRESS\n"
        + "  actual:   FALSE ERROR_INVALID_PARAMETER", false)]
    [InlineData("VirtualProtect(0x20000000, 0x1000, PAGE_READWRITE): audit: I4: page 5", false)]
    public void AnotherFailureIsNotTaken(string found, bool isSame) => Assert.Equal(isSame, WindowsTarget.IsSameFailure(Failure, found));

    /// <summary>What an audit finds may be noticed after any call.</summary>
    [Fact]
    public void AnAuditIsComparedWithoutItsCall()
    {
        const string audit = "VirtualAlloc(0, 0x1000, MEM_COMMIT, PAGE_READWRITE): audit: I4: page 5 of 9";
        Assert.True(WindowsTarget.IsSameFailure(audit, "load(0x20000000): audit: I4: page 77 of 12"));
        Assert.False(WindowsTarget.IsSameFailure(audit, "load(0x20000000): audit: I5: page 77 of 12"));
    }
}
