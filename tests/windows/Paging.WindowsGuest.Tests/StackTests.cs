using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Spaces;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Tests;

/// <summary>A stack that has grown: reserved below, one guard page, committed above, and the limit between them. Rule 23.</summary>
public sealed class StackTests(BuiltWindowsPrograms programs)
{
    [Fact]
    public void AStackIsReservedThenGuardThenCommitted()
    {
        GuestProgramRun.Of(programs.Find("stacks"), static program =>
        {
            StackBounds stack = program.Process.Stack;
            MemoryBasicInformation bottom = Query(program, stack.Allocation);
            MemoryBasicInformation guard = Query(program, new(stack.Limit.Value - 0x1000));
            MemoryBasicInformation top = Query(program, stack.Limit);
            Assert.Equal(MemoryState.Reserve, bottom.State);
            Assert.Equal(guard.Base, bottom.Base + bottom.Count);
            Assert.Equal((PageProtection.ReadWrite | PageProtection.Guard, 1u), (guard.Protection, guard.Count.Value));
            Assert.Equal((PageProtection.ReadWrite, stack.Base.Page), (top.Protection, top.Base + top.Count));
            Assert.True(stack.Base.Value - stack.Limit.Value > 100 * 3000, "It has grown by what the program has used of it.");
            Assert.All([bottom, guard, top], one => Assert.Equal(stack.Allocation.Page, one.AllocationBase));
        });
    }

    /// <summary>A commit size that the reserve does not exceed makes a reserve of whole megabytes. Windows: Thread Stack Size.</summary>
    [Theory]
    [InlineData(0, 0, 0x10_0000, 0x1000)]
    [InlineData(0x1_0000, 0xF000, 0x1_0000, 0xF000)]
    [InlineData(0x1_0000, 0x1_0000, 0x10_0000, 0x1_0000)]
    [InlineData(0x1_0001, 0x2_0000, 0x10_0000, 0x2_0000)]
    [InlineData(0x1_0000, 0x10_0001, 0x20_0000, 0x10_1000)]
    public void AStackReservesMegabytesForALargeCommitSize(uint reserve, uint commit, uint reserved, uint committed)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 8 << 20 });
        WindowsProcess process = WindowsMachine.Of(engine).CreateProcess("stack");
        Assert.True(StackMaker.TryMake(process, reserve, commit, out StackBounds stack));
        Assert.Equal((reserved, committed), (stack.Base.Value - stack.Allocation.Value, stack.Base.Value - stack.Limit.Value));
    }

    private static MemoryBasicInformation Query(WindowsProgram program, VirtualAddress address)
    {
        Assert.Equal(Win32Error.Success, program.Process.Memory.VirtualQuery(address, out MemoryBasicInformation information));
        return information;
    }
}
