using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>A debugger's stops: the instruction at a breakpoint, or one that accesses a watched page, has not been executed.</summary>
public sealed class DebugStopsTests
{
    // inc eax; mov [Data],eax; inc eax; int 80
    private static readonly byte[] Program = [0x40, 0xA3, 0, 0, 0x50, 0, 0x40, 0xCD, 0x80];

    [Fact]
    public void ARunEndsBeforeTheInstructionAtABreakpoint()
    {
        using Machine machine = new();
        machine.Load(Program);
        machine.Processor.Debug.Process = machine.Process;
        machine.Processor.Debug.SetBreakpoint(Machine.Code + 6);
        Assert.Equal(ProcessorExitKind.Breakpoint, machine.Processor.Run().Kind);
        Assert.Equal((1u, Machine.Code.Value + 6), (machine.Registers.Eax, machine.Registers.Eip));
        machine.Processor.Debug.ClearBreakpoint(Machine.Code + 6);
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal(2u, machine.Registers.Eax);
    }

    [Fact]
    public void ARunEndsBeforeAnAccessToAWatchedPage()
    {
        using Machine machine = new();
        machine.Process.Memory.Mmu.Write(Machine.Data, 77u);
        machine.Load(Program);
        machine.Processor.Debug.Process = machine.Process;
        machine.Processor.Debug.Watch([(Machine.Data.Page, Reads: false), (new VirtualAddress(0xC000_0000).Page, Reads: true)]);
        ProcessorExit exit = machine.Processor.Run();
        Assert.Equal((ProcessorExitKind.Watched, Machine.Data), (exit.Kind, exit.Address));
        Assert.Equal(77u, machine.Process.Memory.Mmu.Read<uint>(Machine.Data));
        machine.Processor.Debug.IsSteppingOver = true;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal(1u, machine.Process.Memory.Mmu.Read<uint>(Machine.Data));
    }

    [Fact]
    public void StopsEndWithTheProcessor()
    {
        using Machine machine = new();
        GuestContext context = machine.Context;
        Emulation.DebugStops stops = machine.Processor.Debug;
        context.Dispose();
        machine.Processor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => stops.SetBreakpoint(Machine.Code));
        Assert.Throws<ObjectDisposedException>(() => stops.ClearBreakpoint(Machine.Code));
        Assert.Throws<ObjectDisposedException>(() => stops.Watch([]));
        Assert.Throws<ArgumentNullException>(() => stops.Watch(null!));
    }
}
