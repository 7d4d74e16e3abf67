namespace Paging.Guest.Tests;

/// <summary>A kernel refuses options that cannot be had together.</summary>
public sealed class KernelOptionsTests
{
    [Fact]
    public void TheHostsProcessorCountsNoCode() =>
        Assert.Throws<ArgumentException>(() => new GuestKernel(new() { Root = "/", Execution = GuestExecution.Direct }));
}
