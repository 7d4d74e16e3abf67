using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>What the other tests rely on.</summary>
public sealed class CheckTests
{
    [Fact]
    public void ChecksAreThoroughInTheseTests() => Assert.True(Native.Check.Thorough);
}
