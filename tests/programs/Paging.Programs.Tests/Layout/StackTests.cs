using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>The main stack: starts small, grows by touching, to its limit and no further, and never shrinks.</summary>
public sealed class StackTests
{
    [Fact]
    public void ItStartsWithItsStringsAnd128KiB()
    {
        using World world = new();
        Assert.Equal(33u, StackOf(world.Execute("gonzo")).Range.Count.Value);
        UserProcess process = world.Execute("gonzo", world.Fixed with { Arguments = ["x", new string('y', 5000)] }, out _);
        Assert.Equal(34u, StackOf(process).Range.Count.Value);
    }

    [Fact]
    public void ItGrowsWhereItIsTouchedAndNeverShrinks()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo", world.Fixed, out ExecutedProgram program);
        VirtualAddress deep = program.StackTop - (1 << 20);
        process.Memory.Mmu.Write(deep, 42);
        Assert.Equal(256u, StackOf(process).Range.Count.Value);
        Assert.Equal(Errno.None, process.Memory.Advise(StackOf(process).Range.First.Address, 1 << 19, MemoryAdvice.DontNeed));
        Assert.Equal(256u, StackOf(process).Range.Count.Value);
        Assert.Equal(0, process.Memory.Mmu.Read<int>(deep));
        Assert.Contains("VmStk:\t    1024 kB", process.Memory.FormatStatus(), StringComparison.Ordinal);
    }

    [Fact]
    public void AtItsLimitItOverflows()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo", world.Fixed, out ExecutedProgram program);
        VirtualAddress last = program.StackTop - (8 << 20);
        process.Memory.Mmu.Write(last, 1);
        Assert.False(process.Memory.Mmu.TryWrite(last - 4, 1, out MemoryFault fault));
        Assert.Equal(new MemoryFault(MemoryFaultKind.NotMapped, last - 4), fault);
        Assert.Equal(2048u, StackOf(process).Range.Count.Value);
    }

    [Fact]
    public void AMappingNearItStopsItAMegabyteAway()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo", world.Fixed, out ExecutedProgram program);
        VirtualAddress below = program.StackTop - (4 << 20);
        Assert.Equal(Errno.None, process.Memory.Map(below, 4096, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        VirtualAddress lowest = below + 4096 + (1 << 20);
        process.Memory.Mmu.Write(lowest, 1);
        Assert.False(process.Memory.Mmu.TryWrite(lowest - 4, 1, out _));
    }

    [Fact]
    public void AStackAsLargeAsItsLimitIsAllThereIs()
    {
        using World world = new();
        UserProcess process = world.Engine.CreateProcess("test", new ProcessOptions { StackLimit = 64 << 10 });
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("gonzo"), world.Fixed, out ExecutedProgram program));
        Assert.Equal(16u, StackOf(process).Range.Count.Value);
        Assert.False(process.Memory.Mmu.TryWrite(program.StackTop - (64 << 10) - 4, 1, out _));
    }

    [Theory]
    [InlineData("gonzo", "rw-p")]
    [InlineData("gonzo-execstack", "rwxp")]
    public void ItCanBeExecutedWhereTheImageAsksForIt(string image, string rights)
    {
        using World world = new();
        Assert.Equal(rights, StackOf(world.Execute(image)).Rights);
    }

    private static AreaSnapshot StackOf(UserProcess process) => process.Memory.Areas.Snapshot()[^1];
}
