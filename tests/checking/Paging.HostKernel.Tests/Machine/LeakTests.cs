namespace Paging.HostKernel.Tests;

/// <summary>A machine leaves nothing open in the host. Alone, because all tests share the host's descriptors.</summary>
[Collection(nameof(LeakTests)), CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class LeakTests
{
    private const int RoundCount = 20;

    [Fact]
    public void AMachineLeavesNoDescriptorAndNoMapping()
    {
        using (HostKernelMachine warm = Host.Start()) Use(warm);
        (int descriptors, int mappings) = Count();
        for (int round = 0; round < RoundCount; round++)
        {
            using HostKernelMachine machine = Host.Start();
            Use(machine);
        }
        (int descriptorsAfter, int mappingsAfter) = Count();
        Assert.InRange(descriptorsAfter, 0, descriptors + RoundCount - 1);    // the test's own runtime may open one, too
        Assert.InRange(mappingsAfter, 0, mappings);    // fewer, when a machine that another test left is finalized
    }

    private static void Use(HostKernelMachine machine)
    {
        Assert.Equal("3", machine.Do("open(\"A\", 0x3000, 1)"));
        Assert.Equal("4", machine.Do("openro(\"A\", 0, 0)"));
        Assert.Equal("1", machine.Do("fork()"));
        Assert.Equal("0", machine.Do("[1] close(3)"));
        Assert.Equal("0", machine.Do("resident(0, 0xc0000000)"));
        Assert.Equal("size=0 data=0 stack=0 locked=0", machine.Do("[1] vm()"));
    }

    private static (int Descriptors, int Mappings) Count() =>
        (Directory.GetFiles("/proc/self/fd").Length,
            File.ReadLines("/proc/self/maps").Count(static row => row.Contains("memfd:puppet", StringComparison.Ordinal)));
}
