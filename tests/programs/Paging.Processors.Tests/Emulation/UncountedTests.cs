namespace Paging.Processors.Tests;

/// <summary>Code that runs uncounted can be stopped by another thread at any time, and comes to the same result.</summary>
public sealed class UncountedTests
{
    private const int AreaBytes = 0x4000;

    // mov ecx,300000; mov edi,500000; xor eax,eax; again: imul eax,eax,1664525; add eax,1013904223; mov edx,eax; and edx,3FFC;
    // add [edi+edx],eax; push eax; push ecx; pop ebx; pop ebp; xor ebp,[edi+edx]; adc [edi],ebp; call f; dec ecx; jnz again; int 80;
    // f: adc dword [edi+4],1; ret
    private static readonly byte[] Mixing =
    [
        0xB9, 0xE0, 0x93, 0x04, 0, 0xBF, 0, 0, 0x50, 0, 0x31, 0xC0, 0x69, 0xC0, 0x0D, 0x66, 0x19, 0, 0x05, 0x5F, 0xF3, 0x6E, 0x3C, 0x89,
        0xC2, 0x81, 0xE2, 0xFC, 0x3F, 0, 0, 0x01, 0x04, 0x17, 0x50, 0x51, 0x5B, 0x5D, 0x33, 0x2C, 0x17, 0x11, 0x2F, 0xE8, 5, 0, 0, 0,
        0x49, 0x75, 0xD9, 0xCD, 0x80, 0x83, 0x57, 4, 1, 0xC3,
    ];

    // loop: inc eax; jmp loop
    private static readonly byte[] Endless = [0x40, 0xEB, 0xFD];

    [Fact]
    public void AStopFromAnotherThreadLosesNothing()
    {
        (uint[] registers, byte[] memory) = RunMixing(new Machine(), stops: null);
        using Machine machine = new(countsCode: false);
        int stops = 0;
        using Timer outside = new(_ => machine.Processor.RequestStop(), null, 0, 1);
        for (int round = 0; round < 20 || stops < 20; round++)
        {
            (uint[] again, byte[] left) = RunMixing(machine, () => stops++);
            Assert.Equal(registers, again);
            Assert.True(memory.AsSpan().SequenceEqual(left));
        }
    }

    [Fact]
    public void ARoundEndsOnTheHostsClock()
    {
        using Machine machine = new(countsCode: false);
        machine.Load(Endless);
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.RunFor(TimeSpan.FromMilliseconds(round)).Kind);
            Assert.InRange(machine.Registers.Eip, Machine.Code.Value, Machine.Code.Value + 1);
        }

        Assert.NotEqual(0u, machine.Registers.Eax);    // of a single round a busy host may use up all
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void ARoundEndsWhereCodeIsCounted()
    {
        using Machine machine = new();
        machine.Load(Endless);
        for (int round = 1; round < 20; round++)
            Assert.Equal(ProcessorExitKind.Stopped, machine.Processor.RunFor(TimeSpan.FromMilliseconds(round)).Kind);
        Assert.NotEqual(0L, machine.Processor.Counters.CodeBytes);    // of a single round a busy host may use up all
    }

    [Fact]
    public void ALimitOfCodeNeedsCounting()
    {
        using Machine machine = new(countsCode: false);
        machine.Load(Endless);
        Assert.Throws<InvalidOperationException>(() => machine.Processor.Run(10_000));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ABreakpointElsewhereChangesNothing(bool countsCode)
    {
        (uint[] registers, byte[] memory) = RunMixing(new Machine(), stops: null);
        using Machine machine = new(countsCode: countsCode);
        machine.Processor.Debug.Process = machine.Process;
        machine.Processor.Debug.SetBreakpoint(Machine.Code + 0x800);
        int stops = 0;
        (uint[] again, byte[] left) = RunMixing(machine, () => stops++, limit: 100_003);    // a debugged program is counted
        Assert.Equal(registers, again);
        Assert.True(memory.AsSpan().SequenceEqual(left));
        Assert.NotEqual(0, stops);
    }

    private static (uint[] Registers, byte[] Memory) RunMixing(Machine machine, Action? stops, long limit = 0)
    {
        machine.Load(Mixing);
        Assert.Equal(AreaBytes, machine.Process.Memory.Mmu.CopyIn(Machine.Data, new byte[AreaBytes], out _));
        ProcessorExit exit;
        while ((exit = machine.Processor.Run(limit)).Kind == ProcessorExitKind.Stopped) stops!();
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        ref GuestRegisters registers = ref machine.Registers;
        byte[] memory = new byte[AreaBytes];
        Assert.Equal(AreaBytes, machine.Process.Memory.Mmu.CopyOut(Machine.Data, memory, out _));
        uint[] words = [registers.Eax, registers.Ebx, registers.Ecx, registers.Edx, registers.Ebp, registers.Edi, registers.Eip];
        if (stops is null) machine.Dispose();
        return (words, memory);
    }
}
