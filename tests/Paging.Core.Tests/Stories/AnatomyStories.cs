using Paging.Native;
using Paging.Native.Tables;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>"Anatomy of a Program in Memory", run on the engine: a sandbox for each process, the kernel in all of them.</summary>
public sealed class AnatomyStories
{
    [Fact]
    public void TwoProcessesSeeDifferentFramesAtTheSameAddress()
    {
        using World world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        foreach (UserProcess process in new[] { world.First, other })
        {
            World.MapAs(process, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
            process.Memory.Mmu.Write(World.At(0), (byte)process.Id);
        }

        PageTableEntry mine = world.Memory.Space.Tables.Read(World.At(0).Page), theirs = other.Memory.Space.Tables.Read(World.At(0).Page);
        Assert.NotEqual(mine.Frame, theirs.Frame);
        Assert.NotEqual(world.Memory.PrepareWalk(), other.Memory.PrepareWalk());
        Assert.Equal((1, 2), (world.Peek(0), other.Memory.Mmu.Read<byte>(World.At(0))));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void SwitchingTheProcessIsSwitchingTheTables()
    {
        using World world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        world.Map(0, 1);
        world.Touch(0, 7);
        WalkResult here = world.Memory.Space.Tables.Walk(World.At(0, 5), AccessKind.Read, ProcessorMode.User);
        WalkResult there = other.Memory.Space.Tables.Walk(World.At(0, 5), AccessKind.Read, ProcessorMode.User);
        Assert.True(here.Succeeded);
        Assert.Equal(7, world.Engine.Ram.Bytes(here.Physical.Frame)[0]);
        Assert.Equal((false, PageFaultErrorCode.User), (there.Succeeded, there.ErrorCode));
    }

    [Fact]
    public void KernelSpaceIsPresentInEveryProcessAndMapsTheSameMemory()
    {
        using World world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        VirtualAddress address = new(0xC010_0000);
        Assert.True(world.Mmu.TryTranslateAsSupervisor(address, AccessKind.Read, out PhysicalAddress mine, out _));
        Assert.True(other.Memory.Mmu.TryTranslateAsSupervisor(address, AccessKind.Read, out PhysicalAddress theirs, out _));
        Assert.Equal((0x10_0000u, mine), (mine.Value, theirs));
    }

    [Fact]
    public void ATouchOfKernelSpaceByAProgramIsAPageFaultThatTheProcessorReportsAsAProtectionViolation()
    {
        using World world = new();
        WalkResult walk = world.Memory.Space.Tables.Walk(new(0xC010_0000), AccessKind.Write, ProcessorMode.User);
        Assert.Equal(PageFaultErrorCode.Protection | PageFaultErrorCode.Write | PageFaultErrorCode.User, walk.ErrorCode);
        Assert.False(world.Mmu.TryWrite(new(0xC010_0000), 1, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, new(0xC010_0000)), fault);    // the program sees no mapping there
    }

    [Fact]
    public void TheStackGrowsToItsLimitAndLikeTheFederalBudgetItOnlyExpands()
    {
        using World world = new(16);
        VirtualAddress top = new(0xBFFF_F000);
        World.Succeeds(world.Memory.Map(top, 4096, MemoryProtection.ReadWrite, World.PrivateFixed | MapFlags.GrowsDown, out _));
        uint grown = 4096;
        while (world.Mmu.TryWrite(top + 4096 - grown - 4, 1u)) grown += 4096;    // push after push
        Assert.Equal(8u << 20, grown);
        Assert.Equal(2048u, world.Memory.Usage.Stack.Value);
        // the program has returned from all of it
        World.Succeeds(world.Memory.Advise(top - (grown - 4096), grown, MemoryAdvice.DontNeed));
        Assert.Equal((2048u, 0u), (world.Memory.Usage.Stack.Value, world.Memory.Usage.Resident.Value));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AssignmentsToGlobalVariablesDoNotChangeTheBinaryOnDisk()
    {
        using World world = new();
        int image = world.OpenFile("gonzo", 3);
        world.MapFile(image, 0, 1, protection: MemoryProtection.Read | MemoryProtection.Execute);    // text
        world.MapFile(image, 1, 1, filePage: 1);                                                      // data: private
        world.Map(2, 1);                                                                              // bss: anonymous
        Assert.False(world.Mmu.TryWrite(World.At(0), 1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);                                         // a write to text earns a fault
        // cntWorkerBees starts out as in the file
        Assert.Equal(0x11, world.Peek(1));
        world.Touch(1, 10);
        Assert.Equal(0, world.Peek(2));                                                               // cntActiveUsers starts out as zero
        byte[] onDisk = new byte[1];
        World.Succeeds(world.First.FileDescriptors.Read(image, 4096, onDisk, out _));
        Assert.Equal(0x11, onDisk[0]);
        Assert.Equal("0-1 r-xp, 1-2 rw-p, 2-3 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheMapsFileShowsOneLineForEachArea()
    {
        using World world = new(process: new ProcessOptions { StartBreak = World.At(0) });
        world.Memory.SetBreak(World.At(2));
        world.Map(4, 1, MemoryProtection.Read | MemoryProtection.Execute);
        world.MapFile(world.OpenFile("data", 4), 8, 2, filePage: 1, type: MapFlags.Shared);
        string[] lines = world.Memory.FormatMaps().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Equal("20000000-20002000 rw-p 00000000 00:00 0                                  [heap]", lines[0]);
        Assert.Equal("20004000-20005000 r-xp 00000000 00:00 0 ", lines[1]);
        Assert.StartsWith("20008000-2000a000 rw-s 00001000 00:01 ", lines[2], StringComparison.Ordinal);
        Assert.Equal("data", lines[2][73..]);
        Assert.Equal("", lines[3]);
    }

    [Fact]
    public void StatusAndStatmReportTheFigures()
    {
        using World world = new();
        world.Map(0, 10);
        world.Map(10, 5, MemoryProtection.Read);
        world.Map(1000, 2, more: MapFlags.GrowsDown);
        world.MapShared(20, 4);
        for (int page = 0; page < 3; page++) world.Touch(page);
        world.Touch(20);
        World.Succeeds(world.Memory.Unmap(World.At(9), 4096));
        Assert.Equal("20 4 1 0 0 11 0\n", world.Memory.FormatStatm());
        string status = world.Memory.FormatStatus();
        foreach (string line in (string[])["VmPeak:\t      84 kB", "VmSize:\t      80 kB", "VmRSS:\t      16 kB", "RssAnon:\t      12 kB",
            "RssShmem:\t       4 kB", "VmData:\t      36 kB", "VmStk:\t       8 kB", "VmPTE:\t       4 kB"])
            Assert.Contains(line + "\n", status, StringComparison.Ordinal);
    }
}
