using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>Positions in an execution are the same for single steps, for runs that end anywhere, and across page faults.</summary>
public sealed class ExactRunsTests
{
    // Copies, fills and compares (to the end, to a difference, to a difference in the last byte), flags on the stack, a page fault a round.
    private static readonly byte[] Program =
    [
        0xB9, 5, 0, 0, 0, 0xBE, 0, 0, 0x50, 0, 0xBF, 0, 0x10, 0x50, 0, 0xFC, 0xF3, 0xA4,         // rep movsb of five bytes
        0xB9, 3, 0, 0, 0, 0xF3, 0xAB, 0xF3, 0xA4,                                                // rep stosd, rep movsb of none
        0xB9, 4, 0, 0, 0, 0xBE, 0, 0, 0x50, 0, 0xBF, 0, 0x10, 0x50, 0, 0xF3, 0xA6,               // repe cmpsb: all equal
        0xC6, 0x05, 2, 0, 0x50, 0, 0x55,                                                         // mov byte [Data+2],55
        0xB9, 4, 0, 0, 0, 0xBE, 0, 0, 0x50, 0, 0xBF, 0, 0x10, 0x50, 0, 0xF3, 0xA6,               // the third differs, of four
        0xB9, 3, 0, 0, 0, 0xBE, 0, 0, 0x50, 0, 0xBF, 0, 0x10, 0x50, 0, 0xF3, 0xA6,               // the third differs, of three
        0x9C, 0x58,                                                                              // pushf; pop eax
        0xBF, 0, 0x20, 0x50, 0, 0xB9, 20, 0, 0, 0,
        0x01, 0xC8, 0x89, 0x07, 0x81, 0xC7, 0, 0x10, 0, 0, 0x49, 0x75, 0xF3,                     // add; mov [edi],eax; add edi; dec; jnz
        0xCD, 0x80,
    ];

    [Fact]
    public void EachInstructionHasItsPosition()
    {
        List<(long Position, GuestRegisters Registers)> steps = Step();
        Assert.True(steps.Count > 130, $"{steps.Count} steps");
        using Machine whole = Start(out ExactRuns exact);
        Assert.Equal(ProcessorExitKind.SystemCall, whole.Processor.Run().Kind);
        Assert.Equal((steps[^1].Position, steps[^1].Registers), (exact.Position, whole.Registers));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void ARunEndsAtAPosition()
    {
        List<(long Position, GuestRegisters Registers)> steps = Step();
        foreach ((long position, GuestRegisters registers) in steps[..^1])
        {
            using Machine machine = Start(out ExactRuns exact);
            long first = Math.Max(0, position - 40);    // and not at once: the second run begins where the first one has ended
            Assert.Equal(ProcessorExitKind.Stopped, exact.RunTo(first).Kind);
            Assert.Equal(ProcessorExitKind.Stopped, exact.RunTo(position).Kind);
            Assert.Equal((position, registers), (exact.Position, machine.Registers));
        }
    }

    [Fact]
    public void ABreakpointInABlockIsAtItsPosition()
    {
        using Machine machine = Start(out ExactRuns exact);
        machine.Processor.Debug.Process = machine.Process;
        machine.Processor.Debug.SetBreakpoint(Machine.Code + 10);
        Assert.Equal(ProcessorExitKind.Breakpoint, exact.RunTo(1000).Kind);
        Assert.Equal((10, Machine.Code.Value + 10), (exact.Position, machine.Registers.Eip));
    }

    private static List<(long Position, GuestRegisters Registers)> Step()
    {
        List<(long, GuestRegisters)> steps = [];
        using Machine machine = Start(out ExactRuns exact);
        ProcessorExit exit;
        do
        {
            exit = exact.Step();
            steps.Add((exact.Position, machine.Registers));
        }
        while (exit is { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.Debug });
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        return steps;
    }

    private static Machine Start(out ExactRuns exact)
    {
        Machine machine = new();
        machine.Load(Program);
        exact = machine.Processor.Exact;
        return machine;
    }
}
