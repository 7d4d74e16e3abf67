namespace Paging.Processors.Tests;

/// <summary>The context of a task stays with it: segments for thread-local storage and floating point.</summary>
public sealed class ContextTests
{
    private const TlsFlags Usual = TlsFlags.Is32Bit | TlsFlags.LimitInPages | TlsFlags.Useable;

    // mov eax,33; mov gs,ax; mov eax,gs:[0]; int 80
    private static readonly byte[] ReadTls = [0xB8, 0x33, 0, 0, 0, 0x8E, 0xE8, 0x65, 0xA1, 0, 0, 0, 0, 0xCD, 0x80];

    [Fact]
    public void EachTaskHasItsOwnThreadLocalStorage()
    {
        using Machine machine = new();
        using GuestContext other = machine.Processor.CreateContext();
        machine.Process.Memory.Mmu.Write(Machine.Data, 0x1111u);
        machine.Process.Memory.Mmu.Write(Machine.Data + 64, 0x2222u);
        machine.Context.SetTls(6, new(Machine.Data, 0xFFFFF, Usual));
        other.SetTls(6, new(Machine.Data + 64, 0xFFFFF, Usual));
        machine.Load(ReadTls);
        for (int round = 0; round < 3; round++)
        {
            foreach ((GuestContext context, uint expected) in new[] { (machine.Context, 0x1111u), (other, 0x2222u) })
            {
                machine.Processor.Switch(machine.Process, context);
                context.Registers.Eip = Machine.Code.Value + (round == 0 ? 0u : 7u);    // later rounds rely on the gs that was loaded first
                Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
                Assert.Equal(expected, context.Registers.Eax);
                Assert.Equal(0x33u, context.Registers.Gs);
            }
        }
    }

    [Fact]
    public void ASegmentThatChangesIsLoadedAgain()
    {
        using Machine machine = new();
        machine.Process.Memory.Mmu.Write(Machine.Data + 128, 7u);
        machine.Context.SetTls(6, new(Machine.Data, 0xFFFFF, Usual));
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(ReadTls).Kind);
        machine.Context.SetTls(6, new(Machine.Data + 128, 0xFFFFF, Usual));
        machine.Registers.Eip = Machine.Code.Value + 7;
        machine.Processor.Run();
        Assert.Equal(7u, machine.Registers.Eax);
    }

    [Fact]
    public void ASegmentThatChangesWhileAnotherTaskRunsIsLoadedAgainToo()
    {
        using Machine machine = new();
        machine.Process.Memory.Mmu.Write(Machine.Data + 128, 7u);
        machine.Context.SetTls(6, new(Machine.Data, 0xFFFFF, Usual));
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(ReadTls).Kind);
        using GuestContext thread = machine.Processor.CreateContext();
        thread.CopyFrom(machine.Context);
        thread.SetTls(6, new(Machine.Data + 128, 0xFFFFF, Usual));    // clone with CLONE_SETTLS
        thread.Registers.Eip = Machine.Code.Value + 7;
        machine.Processor.Switch(machine.Process, thread);
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal(7u, thread.Registers.Eax);
    }

    [Fact]
    public void ASelectorWhoseSegmentIsTakenAwayBecomesZero()
    {
        using Machine machine = new();
        machine.Context.SetTls(6, new(Machine.Data, 0xFFFFF, Usual));
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(ReadTls).Kind);
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xB8, 0x33, 0, 0, 0, 0x8E, 0xD8, 0xCD, 0x80).Kind);    // mov ds,ax
        Assert.Equal((0x33u, 0x33u), (machine.Registers.Ds, machine.Registers.Gs));
        machine.Context.SetTls(6, default);
        Assert.Equal((0u, 0u), (machine.Registers.Ds, machine.Registers.Gs));
        machine.Load([0x8C, 0xE8, 0xCD, 0x80]);    // mov eax,gs; int 80
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal((0u, 0u), (machine.Registers.Eax, machine.Registers.Gs));
    }

    [Fact]
    public void ASelectorThatCannotBeLoadedBecomesZero()
    {
        using Machine machine = new();
        machine.Load([0x8C, 0xE8, 0xCD, 0x80]);
        machine.Registers.Gs = 0x3B;    // as sigreturn may ask
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal(0u, machine.Registers.Eax);
    }

    [Fact]
    public void ASelectorWithoutSegmentIsAGeneralProtectionFault()
    {
        using Machine machine = new();
        ProcessorExit exit = machine.Execute(ReadTls);
        Assert.Equal(ProcessorVector.GeneralProtection, exit.Vector);
        Assert.Equal(new GuestSignal(11, 0x80, default), exit.Signal);
    }

    [Fact]
    public void FloatingPointIsSavedAsTheProcessorLaysItOutAndComesBack()
    {
        using Machine machine = new();
        byte[] load = [0xD9, 0xEB, 0xD9, 0xE8, 0xCD, 0x80];                                // fldpi; fld1; int 80
        // fstp qword [Data]; fstp qword [Data+8]; int 80
        byte[] store = [0xDD, 0x1D, 0, 0, 0x50, 0, 0xDD, 0x1D, 8, 0, 0x50, 0, 0xCD, 0x80];
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(load).Kind);
        byte[] area = new byte[512];
        machine.Context.SaveFloatingPoint(area);
        Assert.Equal(0x037F, BitConverter.ToUInt16(area, 0));
        Assert.Equal(6, (BitConverter.ToUInt16(area, 2) >> 11) & 7);                       // two on the stack
        Assert.Equal(0xC0, area[4]);
        Assert.Equal(0x1F80u, BitConverter.ToUInt32(area, 24));
        Assert.Equal(0x3FFF, BitConverter.ToUInt16(area, 32 + 8));                         // 1.0 on top

        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xDB, 0xE3, 0xCD, 0x80).Kind);    // fninit
        machine.Context.RestoreFloatingPoint(area);
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(store).Kind);
        Assert.Equal(1.0, machine.Process.Memory.Mmu.Read<double>(Machine.Data));
        Assert.Equal(Math.PI, machine.Process.Memory.Mmu.Read<double>(Machine.Data + 8));
    }

    [Fact]
    public void ATaskThatExecutesAnewHasNothingOfTheOldOne()
    {
        using Machine machine = new();
        machine.Context.SetTls(6, new(Machine.Data, 0xFFFFF, Usual));
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xD9, 0xE8, 0xB8, 0x33, 0, 0, 0, 0x8E, 0xE8, 0xCD, 0x80).Kind);
        machine.Context.Reset();
        Assert.Equal(default, machine.Context.GetTls(6));
        Assert.Equal((0u, 0u, 0x73u), (machine.Registers.Gs, machine.Registers.Eax, machine.Registers.Cs));
        machine.Processor.Switch(machine.Process, machine.Context);
        machine.Registers.Esp = Machine.Data.Value + 4096;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Execute(0xDD, 0x35, 0, 0, 0x50, 0, 0xCD, 0x80).Kind);    // fnsave [Data]
        Assert.Equal(0xFFFF, machine.Process.Memory.Mmu.Read<ushort>(Machine.Data + 8));    // every register is empty
    }
}
