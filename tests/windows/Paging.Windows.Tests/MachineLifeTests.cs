using Paging.Core;
using Paging.Native;
using Xunit;

namespace Paging.Windows.Tests;

/// <summary>A machine disposed of before its engine leaves nothing behind, and no call that reads freed records.</summary>
public sealed class MachineLifeTests
{
    private static readonly VirtualAddress At = new(0x2000_0000);

    [Fact]
    public void ADisposedMachineHasEndedItsProcessesAndTheEngineGoesOn()
    {
        using PagingEngine engine = new(new() { RamBytes = 4 << 20 });
        using UserProcess linux = engine.CreateProcess("linux");
        FrameCount before = engine.Frames.CountOf(FrameState.Free);
        WindowsMachine machine = WindowsMachine.Of(engine);
        WindowsProcess process = machine.CreateProcess("windows");
        Assert.Equal(Win32Error.Success, process.Memory.VirtualAlloc(At, 64 << 10, AllocationTypes.Reserve | AllocationTypes.Commit,
            PageProtection.ReadWrite, out _));
        Assert.True(process.Access.TryWrite(At, 7, out _));
        machine.Dispose();

        Assert.Equal(before, engine.Frames.CountOf(FrameState.Free));
        Assert.Equal([linux], engine.Processes);
        Assert.Throws<ObjectDisposedException>(() => process.Memory.VirtualProtect(At, 4096, PageProtection.ReadOnly, out _));
        Assert.Throws<ObjectDisposedException>(() => process.Memory.ResetWriteWatch(At, 4096));
        Assert.Throws<ObjectDisposedException>(() => process.TakeAddressSnapshot());
        Assert.Throws<ObjectDisposedException>(() => machine.CreateProcess("late"));
        Assert.Throws<ObjectDisposedException>(() => machine.TakePfnSnapshot());
        Assert.Throws<ObjectDisposedException>(() => machine.Threads.RunBalanceSetManager());
        Assert.True(process.HasExited);
        process.Dispose();
        machine.Dispose();
        Assert.Empty(engine.Audit().Findings);

        using WindowsMachine again = WindowsMachine.Of(engine);
        using WindowsProcess other = again.CreateProcess("again");
        Assert.Equal(Win32Error.Success, other.Memory.VirtualAlloc(At, 4096, AllocationTypes.Reserve, PageProtection.NoAccess, out _));
        Assert.Empty(again.Audit().Findings);
    }

    [Fact]
    public void AMachineMayBeDisposedOfAfterItsEngine()
    {
        PagingEngine engine = new(new() { RamBytes = 4 << 20 });
        WindowsMachine machine = WindowsMachine.Of(engine);
        WindowsProcess process = machine.CreateProcess("windows");
        engine.Dispose();
        machine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => process.Memory.VirtualQuery(At, out _));
    }
}
