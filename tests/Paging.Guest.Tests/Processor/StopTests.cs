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
    public void ALimitStopsItAfterSoManyBytesOfCode()
    {
        using Machine machine = new();
        machine.Load(Endless);
        for (uint turn = 1; turn <= 3; turn++)
        {
            Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(3000).Kind);
            Assert.InRange(machine.Registers.Eax, 999 * turn, 1001 * turn);
            Assert.InRange(machine.Processor.Counters.CodeBytes, 3000 * turn, 3006 * turn);
        }
    }

    [Fact]
    public void TheSameProgramIsStoppedAtTheSameInstructions()
    {
        static List<(uint, uint)> Stops()
        {
            using Machine machine = new();
            // loop: mov [edi],eax; add edi,1237; cmp edi,Data+32 pages; jb next; sub edi,128 KiB; next: inc eax; test al,7; jz loop; inc ebx; jmp loop
            machine.Load([0x89, 0x07, 0x81, 0xC7, 0xD5, 0x04, 0, 0, 0x81, 0xFF, 0, 0, 0x52, 0, 0x72, 0x06, 0x81, 0xEF, 0, 0, 2, 0, 0x40, 0xA8, 0x07, 0x74, 0xE5, 0x43, 0xEB, 0xE2]);
            machine.Registers.Edi = Machine.Data.Value;
            List<(uint, uint)> stops = [];
            for (int turn = 0; turn < 200; turn++)
            {
                Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(500 + turn).Kind);
                stops.Add((machine.Registers.Eip, machine.Registers.Eax));
            }

            return stops;
        }

        Assert.Equal(Stops(), Stops());
    }

    [Fact]
    public void WithoutALimitItRunsToItsEnd()
    {
        using Machine machine = new();
        machine.Load(Endless);
        Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(10).Kind);
        // mov ecx,100000000; loop: dec ecx; jnz loop; int 80
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xB9, 0, 0xE1, 0xF5, 0x05, 0x49, 0x75, 0xFD, 0xCD, 0x80).Kind);
        Assert.Equal(0u, machine.Registers.Ecx);
    }
}
