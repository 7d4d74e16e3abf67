using Paging.Native;
using Paging.Native.Diagnostics;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>What the other tests rely on.</summary>
public sealed class CheckTests
{
    [Fact]
    public void ChecksAreThoroughInTheseTests() => Assert.True(Native.Diagnostics.Check.Thorough);
}
