namespace Paging.Guest.Tests;

/// <summary>A program that never ends can be stopped, and goes on as if nothing had been.</summary>
public sealed class StopTests
{
    // loop: inc eax; jmp loop
    private static readonly byte[] Endless = [0x40, 0xEB, 0xFD];

    [Fact]
    public void AnotherThreadStopsIt()
    {
        using Machine machine = new();
        machine.Load(Endless);
        for (int turn = 0; turn < 5; turn++)
        {
            int delayMilliseconds = turn;    // before the run, at its start, within it
            Thread asking = new(() =>
            {
                Thread.Sleep(delayMilliseconds);
                machine.Processor.RequestStop();
            });
            asking.Start();
            Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run().Kind);
            asking.Join();
        }

    }

    [Fact]
    public void ALimitStopsItAfterSoManyInstructions()
    {
        using Machine machine = new();
        machine.Load(Endless);
        Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(2000).Kind);
        Assert.Equal(1000u, machine.Registers.Eax);
        Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(2000).Kind);
        Assert.Equal(2000u, machine.Registers.Eax);
    }

    [Fact]
    public void WithoutALimitItRunsFreelyAgain()
    {
        using Machine machine = new();
        machine.Load(Endless);
        Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(10).Kind);
        // mov ecx,100000000; loop: dec ecx; jnz loop; int 80
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xB9, 0, 0xE1, 0xF5, 0x05, 0x49, 0x75, 0xFD, 0xCD, 0x80).Kind);
        Assert.Equal(0u, machine.Registers.Ecx);
    }
}
