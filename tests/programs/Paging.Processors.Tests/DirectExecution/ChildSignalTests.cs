using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>A host that listens to its children hears of their ends, and not of each stop of a stub.</summary>
public sealed class ChildSignalTests
{
    [Fact]
    public void OnlyEndsOfChildrenRaiseTheSignal()
    {
        RequiredProcessor.Check(isDirect: true);
        int count = 0;
        const PosixSignal childSignal = (PosixSignal)17;    // SIGCHLD of Linux
        using PosixSignalRegistration registration = PosixSignalRegistration.Create(childSignal, _ => Interlocked.Increment(ref count));
        using Machine machine = new(isDirect: true);
        int before = Volatile.Read(ref count);
        _ = machine.Execute(0xCD, 0x80, 0xEB, 0xFC);    // again: int 80; jmp again
        for (int i = 0; i < 2000; i++) Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        using (Process child = Process.Start("/bin/true")) child.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref count) > before, TimeSpan.FromSeconds(20)), "No child has ended.");
        Assert.InRange(Volatile.Read(ref count) - before, 1, 1000);    // each stop would raise it; other tests end processes meanwhile
    }
}
