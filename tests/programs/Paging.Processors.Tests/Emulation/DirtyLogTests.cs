using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Dirty logs see what the processor writes by itself, through page tables that it walks on its own.</summary>
public sealed class DirtyLogTests
{
    // mov [Data],eax; mov [Data+2000h],eax; mov eax,[Data+1000h]; int 80
    private static readonly byte[] TwoStores =
    [
        0xA3, 0x00, 0x00, 0x50, 0x00, 0xA3, 0x00, 0x20, 0x50, 0x00, 0xA1, 0x00, 0x10, 0x50, 0x00, 0xCD, 0x80,
    ];

    private static void Run(Machine machine)
    {
        machine.Registers.Eip = Machine.Code.Value;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
    }

    [Fact]
    public void StoresOfTheProgramAreSeenAfterEachCollection()
    {
        using Machine machine = new();
        machine.Load(TwoStores);
        Run(machine);
        using DirtyLog log = machine.Process.Memory.OpenDirtyLog();    // the processor is attached, so its writes are meant, too
        for (int round = 0; round < 5; round++)
        {
            Run(machine);
            Assert.Equal([Machine.Data.Page, (Machine.Data + 0x2000).Page], log.CollectDirty().ToArray());
            machine.Process.Memory.Mmu.Write(Machine.Data + 0x1000, 7);
            Assert.Equal([(Machine.Data + 0x1000).Page], log.CollectDirty().ToArray());
            Assert.Empty(machine.Engine.Audit().Findings);
        }
    }

    [Fact]
    public void FramesOfTheProgramAreSeenAndTwoLogsAreIndependent()
    {
        using Machine machine = new();
        machine.Load(TwoStores);
        using FrameDirtyLog frames = machine.Engine.OpenDirtyLog();
        using DirtyLog pages = machine.Process.Memory.OpenDirtyLog();
        for (int round = 0; round < 5; round++)
        {
            Run(machine);
            Assert.Equal(2, pages.CollectDirty().Length);
            Run(machine);
            Assert.Equal(2, pages.CollectDirty().Length);
            FrameNumber[] found = frames.CollectDirty().ToArray();
            foreach (uint offset in (uint[])[0, 0x2000])
            {
                PageNumber page = (Machine.Data + offset).Page;
                WalkResult walk = Walker.Peek(machine.Engine.Ram, TableFormat.Classic, machine.Process.Memory.PrepareWalk(), page);
                Assert.Contains(walk.Physical.Frame, found);
            }

            Assert.Empty(frames.CollectDirty().ToArray());
            Assert.Empty(machine.Engine.Audit().Findings);
        }
    }

    [Fact]
    public void AfterTheLogIsClosedTheProgramRunsWithoutFaults()
    {
        using Machine machine = new();
        machine.Load(TwoStores);
        DirtyLog log = machine.Process.Memory.OpenDirtyLog();
        Run(machine);
        log.CollectDirty();
        log.Dispose();
        Run(machine);
        long faults = machine.Process.Memory.Faults.Minor;
        for (int round = 0; round < 10; round++) Run(machine);
        Assert.Equal(faults, machine.Process.Memory.Faults.Minor);
    }
}
