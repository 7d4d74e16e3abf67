using Paging.Native;
using Paging.Native.Diagnostics;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Assumptions of the other tests.</summary>
public sealed class CheckTests
{
    [Fact]
    public void ChecksAreThoroughInTheseTests() => Assert.True(Native.Diagnostics.Check.Thorough);
}
