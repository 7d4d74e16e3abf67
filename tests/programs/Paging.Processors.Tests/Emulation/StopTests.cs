namespace Paging.Processors.Tests;

/// <summary>A program that never ends can be stopped, and goes on as if nothing had been.</summary>
public sealed class StopTests
{
    // loop: inc eax; jmp loop
    private static readonly byte[] Endless = [0x40, 0xEB, 0xFD];

    [Fact]
    public void AnotherThreadStopsIt()
    {
        using Machine machine = new();
        for (uint round = 0; round < 5; round++) machine.StopFromAnotherThread(round, 3 * round);
    }

    [Fact]
    public void ALimitStopsItAfterSoManyBytesOfCode()
    {
        using Machine machine = new();
        machine.Load(Endless);
        for (uint round = 1; round <= 3; round++)
        {
            Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(30_000).Kind);
            Assert.Equal(10_000 * round, machine.Registers.Eax);
            Assert.Equal(30_000 * round, machine.Processor.Counters.CodeBytes);
        }
    }

    // mov ecx,200000; xor eax,eax; again: imul eax,eax,1664525; add eax,1013904223; test eax,8; jz a; xor eax,55; a: test eax,16; jz b; rol
    // eax,3;
    // jmp c; b: ror eax,5; nop; c: dec ecx; jnz again; int 80
    private static readonly byte[] Mixing =
    [
        0xB9, 0x40, 0x0D, 0x03, 0, 0x31, 0xC0, 0x69, 0xC0, 0x0D, 0x66, 0x19, 0, 0x05, 0x5F, 0xF3, 0x6E, 0x3C, 0xA9, 8, 0, 0, 0, 0x74, 3,
            0x83, 0xF0, 0x55,
        0xA9, 0x10, 0, 0, 0, 0x74, 5, 0xC1, 0xC0, 3, 0xEB, 4, 0xC1, 0xC8, 5, 0x90, 0x49, 0x75, 0xD8, 0xCD, 0x80,
    ];

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(8_209, false)]
    [InlineData(100_003, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void WhereverItIsStoppedItComesToTheSameResult(long limit, bool alsoFromOutside)
    {
        using Machine machine = new();
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(Mixing).Kind);
        uint expected = machine.Registers.Eax;
        long codeBytes = machine.Processor.Counters.CodeBytes, stops = 0;
        using Timer? outside = alsoFromOutside ? new(_ => machine.Processor.RequestStop(), null, 0, 1) : null;
        int rounds = 0;
        for (; rounds < 10 || (alsoFromOutside && stops == 0); rounds++)    // the clock may be late
        {
            machine.Registers.Eip = Machine.Code.Value;
            while (machine.Processor.Run(limit).Kind == ProcessorExitKind.Stopped) stops++;
            Assert.Equal(expected, machine.Registers.Eax);
        }

        Assert.Equal(codeBytes * (rounds + 1), machine.Processor.Counters.CodeBytes);
        Assert.True(stops > 0 || (limit == 0 && !alsoFromOutside));
    }

    [Fact]
    public void TheSameProgramIsStoppedAtTheSameInstructions()
    {
        static List<(uint, uint)> Stops()
        {
            using Machine machine = new();
            // loop: mov [edi],eax; add edi,1237; cmp edi,Data+32 pages; jb next; sub edi,128 KiB; next: inc eax; test al,7; jz loop; inc
            // ebx; jmp loop
            machine.Load([0x89, 0x07, 0x81, 0xC7, 0xD5, 0x04, 0, 0, 0x81, 0xFF, 0, 0, 0x52, 0, 0x72, 0x06, 0x81, 0xEF, 0, 0, 2, 0, 0x40,
                0xA8, 0x07, 0x74, 0xE5, 0x43, 0xEB, 0xE2]);
            machine.Registers.Edi = Machine.Data.Value;
            List<(uint, uint)> stops = [];
            for (int round = 0; round < 100; round++)
            {
                Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(9_000 + round).Kind);
                stops.Add((machine.Registers.Eip, machine.Registers.Eax));
            }

            return stops;
        }

        List<(uint, uint)> stops = Stops();
        Assert.Equal(stops, Stops());
        Assert.True(stops.Distinct().Count() > 90);    // it goes on between stops
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void WithoutALimitItRunsToItsEnd()
    {
        using Machine machine = new();
        machine.Load(Endless);
        Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.Run(9_000).Kind);
        // mov ecx,100000000; loop: dec ecx; jnz loop; int 80
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xB9, 0, 0xE1, 0xF5, 0x05, 0x49, 0x75, 0xFD, 0xCD, 0x80).Kind);
        Assert.Equal(0u, machine.Registers.Ecx);
    }
}
