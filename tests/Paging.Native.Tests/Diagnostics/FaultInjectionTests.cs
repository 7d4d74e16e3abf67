using Paging.Native.Diagnostics;
using Xunit;

namespace Paging.Native.Tests;

public sealed class FaultInjectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void ExactlyTheChosenAllocationFails(int chosen)
    {
        FaultInjection injection = new() { FailAtAllocation = chosen };
        for (int allocation = 1; allocation <= 6; allocation++) Assert.Equal(allocation == chosen, injection.Refuses());
        Assert.Equal(6, injection.AllocationsAsked);
        Assert.Equal(0, injection.FailAtAllocation);
    }

    [Fact]
    public void WithoutAChoiceNothingFailsAndAllIsCountedOnRequest()
    {
        FaultInjection injection = new();
        for (int allocation = 0; allocation < 7; allocation++) Assert.False(injection.Refuses());
        Assert.Equal(0, injection.AllocationsAsked);
        injection.IsCounting = true;
        for (int allocation = 0; allocation < 10; allocation++) Assert.False(injection.Refuses());
        Assert.Equal(10, injection.AllocationsAsked);
    }
}
