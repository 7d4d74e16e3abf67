using Paging.Core;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>rdtsc is a fault wherever a program executes it, and costs nothing where none does.</summary>
public sealed class TimeStampTrapTests
{
    private static readonly VirtualAddress Called = Machine.Code + 4096;

    [Theory]
    [InlineData(new byte[] { 0x0F, 0x31 })]
    [InlineData(new byte[] { 0x0F, 0x01, 0xF9 })]
    public void TheInstructionIsAFaultInAPageThatCanBeWritten(byte[] instruction)
    {
        using Machine machine = new(isDirect: true);
        ExpectFault(machine, machine.Execute(instruction), Machine.Code);
        Assert.True(RefusesTimeStamps(machine));
        for (int again = 0; again < 100; again++)
            Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xCD, 0x80).Kind);
        Assert.False(RefusesTimeStamps(machine));    // such a page is looked through at each stop
        ExpectFault(machine, machine.Execute(instruction), Machine.Code);
    }

    [Fact]
    public void ItIsAFaultForAWhileOncePagesThatHoldItAreExecuted()
    {
        using Machine machine = new(isDirect: true);
        LoadCaller(machine, [0x0F, 0x31, 0xC3]);    // rdtsc; ret
        for (int patience = 16, again = 0; again < 3; again++, patience *= 2)
        {
            machine.Registers.Eip = Machine.Code.Value;
            ExpectFault(machine, machine.AnyProcessor.Run(), Called);
            Assert.True(RefusesTimeStamps(machine));
            machine.Registers.Eip += 2;
            for (int calls = 0; calls < patience - 4; calls++)
                Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            Assert.True(RefusesTimeStamps(machine));
            for (int calls = 0; calls < 8; calls++) Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
            Assert.False(RefusesTimeStamps(machine));
        }
    }

    [Fact]
    public void OtherProgramsPayNothingForIt()
    {
        using Machine machine = new(isDirect: true);
        LoadCaller(machine, [0x89, 0x1D, 0, 0, 0x50, 0, 0x83, 0xE0, 0x0F, 0x31, 0xC0, 0xC3]);    // mov [Data],ebx; and eax,15; xor eax,eax
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        Assert.False(RefusesTimeStamps(machine));
        Assert.Equal(2, machine.AnyProcessor.Counters.PageFaults);    // the stack's and that of Data
    }

    [Fact]
    public void APageThatIsWrittenAfterItWasExecutedMayHoldIt()
    {
        using Machine machine = new(isDirect: true);
        LoadCaller(machine, [0xC3]);    // ret
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        Assert.False(RefusesTimeStamps(machine));
        Assert.Equal(Errno.None, machine.Process.Memory.Protect(Called, 4096, MemoryProtection.ReadWrite | MemoryProtection.Execute));
        Assert.Equal(Errno.None, machine.Process.Memory.Protect(Machine.Code, 4096, MemoryProtection.ReadWrite));
        // mov word [Called],310F; jmp Called
        machine.Load([0x66, 0xC7, 0x05, 0, 0x10, 0x40, 0, 0x0F, 0x31, 0xE9, 0xF2, 0x0F, 0, 0]);
        Assert.Equal(Errno.None, machine.Process.Memory.Protect(Machine.Code, 4096, MemoryProtection.Read | MemoryProtection.Execute));
        ExpectFault(machine, machine.AnyProcessor.Run(), Called);
    }

    /// <summary>Of many such pages some are looked through at each stop, so that each has its turn.</summary>
    [Fact]
    public void PagesThatCanBeWrittenAndExecutedAreLookedThroughInTurn()
    {
        const int pages = 12, stops = 4;
        using Machine machine = new(isDirect: true);
        List<byte> calls = [];
        for (int page = 1; page <= pages; page++)
        {
            machine.Load([0xC3], Machine.Code + (uint)(page * 4096));    // ret
            calls.AddRange([0xE8, .. BitConverter.GetBytes((page * 4096) - calls.Count - 5)]);
        }

        machine.Load([.. calls, 0xCD, 0x80, 0xEB, 0xFC]);    // loop: int 80; jmp loop
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        for (int again = 0; again < 2 * stops; again++) Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        Assert.False(RefusesTimeStamps(machine));
        ReadOnlySpan<byte> instruction = [0x0F, 0x31, 0xC3];    // rdtsc; ret
        Assert.Equal(3, machine.Process.Memory.Mmu.CopyIn(Machine.Code + (7 * 4096), instruction, out _));
        for (int again = 0; again < stops; again++) Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        Assert.True(RefusesTimeStamps(machine));
        machine.Registers.Eip = Machine.Code.Value + (7 * 4096);
        ExpectFault(machine, machine.AnyProcessor.Run(), Machine.Code + (7 * 4096));
    }

    /// <summary>A page that loses the right to be written is looked through once more.</summary>
    [Fact]
    public void APageThatIsMadeReadOnlyAfterAStoreIsLookedThrough()
    {
        using Machine machine = new(isDirect: true);
        machine.Load([0xC3], Called);
        machine.Load([0xE8, 0xFB, 0x0F, 0, 0, 0xCD, 0x80, 0xEB, 0xFC]);    // call Called; loop: int 80; jmp loop
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        ReadOnlySpan<byte> instruction = [0x0F, 0x31, 0xC3];
        Assert.Equal(3, machine.Process.Memory.Mmu.CopyIn(Called, instruction, out _));
        Assert.Equal(Errno.None, machine.Process.Memory.Protect(Called, 4096, MemoryProtection.Read | MemoryProtection.Execute));
        machine.Registers.Eip = Machine.Code.Value;
        ExpectFault(machine, machine.AnyProcessor.Run(), Called);
    }

    /// <summary>Code that cannot be written: call Called; loop: int 80; jmp loop.</summary>
    private static void LoadCaller(Machine machine, ReadOnlySpan<byte> called)
    {
        machine.Load(called, Called);
        machine.Load([0xE8, 0xFB, 0x0F, 0, 0, 0xCD, 0x80, 0xEB, 0xFC]);
        Assert.Equal(Errno.None, machine.Process.Memory.Protect(Machine.Code, 2 * 4096, MemoryProtection.Read | MemoryProtection.Execute));
    }

    private static void ExpectFault(Machine machine, in ProcessorExit exit, VirtualAddress at)
    {
        Assert.Equal((ProcessorExitKind.Exception, ProcessorVector.GeneralProtection), (exit.Kind, exit.Vector));
        Assert.Equal(at.Value, machine.Registers.Eip);
    }

    private static bool RefusesTimeStamps(Machine machine) => ((DirectProcessor)machine.AnyProcessor).RefusesTimeStamps;
}
