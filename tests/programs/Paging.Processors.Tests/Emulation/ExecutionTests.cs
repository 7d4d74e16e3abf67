using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Code runs in ring 3 on the engine's tables; its faults arrive as Linux would report them.</summary>
public sealed class ExecutionTests
{
    [Fact]
    public void ASystemCallArrivesWithItsArgumentsAndGoesOnBehindIt()
    {
        using Machine machine = new();
        // mov eax,20; mov ebx,42; int 80; inc ebx; int 80
        ProcessorExit exit = machine.Execute(0xB8, 0x14, 0, 0, 0, 0xBB, 0x2A, 0, 0, 0, 0xCD, 0x80, 0x43, 0xCD, 0x80);
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        Assert.Equal(20u, machine.Registers.Eax);
        Assert.Equal(42u, machine.Registers.Ebx);
        Assert.Equal(Machine.Code.Value + 12, machine.Registers.Eip);
        machine.Registers.Eax = 7;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal(43u, machine.Registers.Ebx);
        Assert.Equal(7u, machine.Registers.Eax);
    }

    [Fact]
    public void EveryPageFaultIsResolvedByTheEngine()
    {
        using Machine machine = new();
        long before = machine.Engine.Faults.Minor;
        // mov edi,Data; mov ecx,32; loop: mov [edi],ecx; add edi,4096; dec ecx; jnz loop; int 80
        ProcessorExit exit = machine.Execute(0xBF, 0, 0, 0x50, 0, 0xB9, 32, 0, 0, 0, 0x89, 0x0F, 0x81, 0xC7, 0, 0x10, 0, 0, 0x49, 0x75,
            0xF5, 0xCD, 0x80);
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        Assert.Equal(32, machine.Processor.Counters.PageFaults);
        Assert.Equal(33, machine.Engine.Faults.Minor - before);    // and the host's own, of the code
        for (uint i = 0; i < 32; i++) Assert.Equal(32 - i, machine.Process.Memory.Mmu.Read<uint>(Machine.Data + (i * 4096)));
    }

    [Fact]
    public void ForkedProcessesSeeTheirOwnMemoryAndRegisters()
    {
        using Machine machine = new();
        machine.Process.Memory.Mmu.Write(Machine.Data, 1u);
        machine.Load([0xFF, 0x05, 0, 0, 0x50, 0, 0xA1, 0, 0, 0x50, 0, 0xCD, 0x80]);    // inc [Data]; mov eax,[Data]; int 80
        using UserProcess child = machine.Process.Fork();
        using GuestContext other = machine.Processor.CreateContext();
        other.CopyFrom(machine.Context);
        for (uint round = 2; round < 6; round++)
        {
            machine.Registers.Eip = Machine.Code.Value;
            machine.Processor.Switch(machine.Process, machine.Context);
            Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
            Assert.Equal(round, machine.Registers.Eax);
            if (round % 2 == 0) continue;
            other.Registers.Eip = Machine.Code.Value;
            machine.Processor.Switch(child, other);
            Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
            Assert.Equal((round / 2) + 1, other.Registers.Eax);
        }
    }

    public static TheoryData<string, byte[], GuestSignal, ProcessorVector> Wrongs => new()
    {
        { "hlt", [0xF4], new(11, 0x80, default), ProcessorVector.GeneralProtection },
        { "int3", [0xCC], new(5, 0x80, default), ProcessorVector.Breakpoint },
        { "into", [0xB0, 0x7F, 0x04, 0x01, 0xCE], new(11, 0x80, default), ProcessorVector.Overflow },
        { "ud2", [0x0F, 0x0B], new(4, 2, Machine.Code), ProcessorVector.InvalidInstruction },
        { "sysenter", [0x0F, 0x34], new(4, 2, Machine.Code), ProcessorVector.InvalidInstruction },
        { "syscall", [0x0F, 0x05], new(4, 2, Machine.Code), ProcessorVector.InvalidInstruction },
        { "div by 0", [0x31, 0xC9, 0xF7, 0xF1], new(8, 1, Machine.Code + 2), ProcessorVector.DivideError },
        { "int 14", [0xCD, 0x0E], new(11, 0x80, default), ProcessorVector.GeneralProtection },
        { "int 6", [0xCD, 0x06], new(11, 0x80, default), ProcessorVector.GeneralProtection },
        { "cli", [0xFA], new(11, 0x80, default), ProcessorVector.GeneralProtection },
        { "read of nothing", [0xA1, 0, 0, 0x70, 0], new(11, 1, new(0x0070_0000)), ProcessorVector.PageFault },
        { "read of the kernel half", [0xA1, 0, 0, 0, 0xC0], new(11, 1, new(0xC000_0000)), ProcessorVector.PageFault },
        { "jump to nothing", [0xB8, 0x44, 0x33, 0x70, 0, 0xFF, 0xE0], new(11, 1, new(0x0070_3344)), ProcessorVector.PageFault },
        { "bound", [0xBA, 0, 0, 0x50, 0, 0xB8, 5, 0, 0, 0, 0x62, 0x02], new(11, 0x80, default), ProcessorVector.Bound },
    };

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Wrongs))]
    public void AProgramsMistakeIsTheSignalThatLinuxSends(string what, byte[] code, GuestSignal signal, ProcessorVector vector)
    {
        using Machine machine = new();
        for (int again = 0; again < 3; again++)    // an exception that was not ended would make the next a double fault
        {
            ProcessorExit exit = machine.Execute(code);
            Assert.True(exit.Kind == ProcessorExitKind.Exception && exit.Vector == vector, $"{what}: {exit}");
            Assert.Equal(signal, exit.Signal);
        }
    }

    [Fact]
    public void ASingleStepTrapsAfterEachInstruction()
    {
        using Machine machine = new();
        // pushf; or byte [esp+1],1; popf; inc eax; inc eax; int 80
        ProcessorExit exit = machine.Execute(0x9C, 0x80, 0x4C, 0x24, 0x01, 0x01, 0x9D, 0x40, 0x40, 0xCD, 0x80);
        Assert.Equal(new GuestSignal(5, 2, new(machine.Registers.Eip)), exit.Signal);
        Assert.Equal((Machine.Code.Value + 8, 1u), (machine.Registers.Eip, machine.Registers.Eax));
        Assert.Equal(ProcessorVector.Debug, machine.Processor.Run().Vector);
        Assert.Equal(2u, machine.Registers.Eax);
        machine.Registers.Eflags &= ~0x100u;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
    }

    [Theory]
    [InlineData(0x34)]
    [InlineData(0x05)]
    public void ASystemEntryIsRefusedBeforeTheStepBehindItTraps(byte entry)
    {
        using Machine machine = new();
        // pushf; or byte [esp+1],1; popf; sysenter or syscall
        ProcessorExit exit = machine.Execute(0x9C, 0x80, 0x4C, 0x24, 0x01, 0x01, 0x9D, 0x0F, entry);
        for (int steps = 0; steps < 3 && exit.Vector == ProcessorVector.Debug; steps++) exit = machine.Processor.Run();
        Assert.Equal(new GuestSignal(4, 2, Machine.Code + 7), exit.Signal);
        Assert.Equal(Machine.Code.Value + 7, machine.Registers.Eip);
    }

    [Fact]
    public void AnUnmaskedFloatingPointErrorIsReported()
    {
        using Machine machine = new();
        // fninit; push 360; fldcw [esp]: division by zero is not masked; fld1; fldz; fdivp; fwait
        ProcessorExit exit = machine.Execute(0xDB, 0xE3, 0x68, 0x60, 0x03, 0, 0, 0xD9, 0x2C, 0x24, 0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9,
            0x9B, 0xCD, 0x80);
        Assert.Equal(ProcessorVector.FloatingPoint, exit.Vector);
        Assert.Equal((8, 3), (exit.Signal.Number, exit.Signal.Code));    // SIGFPE, FPE_FLTDIV
    }

    [Fact]
    public void AWriteToAReadOnlyPageIsNotAllowed()
    {
        using Machine machine = new();
        machine.Process.Memory.Mmu.Write(Machine.Data, 1u);
        machine.Load([0xA3, 0, 0, 0x50, 0, 0xCD, 0x80]);    // mov [Data],eax; int 80
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal(Errno.None, machine.Process.Memory.Protect(Machine.Data, 4096, MemoryProtection.Read));
        machine.Registers.Eip = Machine.Code.Value;
        ProcessorExit exit = machine.Processor.Run();
        Assert.Equal(new(11, 2, Machine.Data), exit.Signal);
        Assert.Equal((uint)(PageFaultErrorCode.User | PageFaultErrorCode.Write | PageFaultErrorCode.Protection), exit.ErrorCode);
        Assert.Equal(Machine.Code.Value, machine.Registers.Eip);
    }
}
