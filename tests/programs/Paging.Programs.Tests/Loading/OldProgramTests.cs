using System.Text;
using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Images without PT_GNU_STACK, as compilers made them before 2004: every readable page is executable.</summary>
public sealed class OldProgramTests
{
    [Theory]
    [InlineData("mapper")]
    [InlineData("mapper-old")]
    public void EveryMappingHasTheRightsThatTheHostsKernelGivesIt(string image)
    {
        string[] expected = HostProgram.Comparable(Encoding.ASCII.GetString(HostProgram.Run(image)));
        using World world = new();
        UserProcess process = world.Execute(image, world.Fixed, out ExecutedProgram program);
        MapAsTheProgramDoes(process, program);
        Assert.Equal(expected, HostProgram.Comparable(process.Memory.FormatMaps()));
    }

    /// <summary>personality(2) outlives execve: the new program's areas can be executed too; of its stack its own header decides.</summary>
    [Theory]
    [InlineData("gonzo")]
    [InlineData("gonzo-execstack")]
    [InlineData("gonzo-static-pie")]
    public void AProgramThatItExecutesInheritsThat(string image)
    {
        string[] expected = HostProgram.Comparable(Encoding.ASCII.GetString(HostProgram.Run("mapper-old", "again", Images.PathOf(image))));
        using World world = new();
        UserProcess process = world.Execute("mapper-old");
        using UserProcess child = process.Fork();
        Assert.Equal(Errno.None, world.Loader.Execute(child, world.Image(image), world.Fixed, out _));
        Assert.Equal(expected, HostProgram.Comparable(child.Memory.FormatMaps()));
        Assert.True(child.Memory.ReadImpliesExecute);
    }

    [Fact]
    public void ANewProcessInheritsNothing()
    {
        using World world = new();
        world.Execute("mapper-old").Dispose();
        UserProcess process = world.Execute("mapper");
        Assert.False(process.Memory.ReadImpliesExecute);
        Assert.Equal("rw-p", process.Memory.Areas.Snapshot()[^1].Rights);
    }

    /// <summary>The calls of mapper.c.</summary>
    private static void MapAsTheProgramDoes(UserProcess process, in ExecutedProgram program)
    {
        const MapFlags there = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        AddressSpace memory = process.Memory;
        VirtualAddress end = program.HeapStart + 0x3000;
        Assert.Equal(end, memory.SetBreak(end));
        Assert.Equal(Errno.None, memory.Map(new(0x2000_0000), 0x2000, MemoryProtection.ReadWrite, there, out _));
        Assert.Equal(Errno.None, memory.Map(new(0x2001_0000), 0x2000, MemoryProtection.Write, there, out _));
        Assert.Equal(Errno.None, memory.Map(new(0x2002_0000), 0x2000, MemoryProtection.None, there, out _));
        Assert.Equal(Errno.None, memory.Protect(new(0x2002_0000), 0x1000, MemoryProtection.Read));
        Assert.Equal(Errno.None, memory.Protect(new(0x2000_0000), 0x1000, MemoryProtection.Write));
    }
}
