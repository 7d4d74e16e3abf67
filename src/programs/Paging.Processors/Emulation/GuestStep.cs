using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

/// <summary>The state before an instruction: its address and the registers.</summary>
/// <remarks>Valid during the call that receives it. Reading a register costs some 30 ns.</remarks>
public readonly ref struct GuestStep
{
    private readonly GuestProcessor _processor;

    internal GuestStep(GuestProcessor processor, GuestContext context, VirtualAddress address) =>
        (_processor, Context, Address) = (processor, context, address);

    /// <summary>The task. Its own registers are not up to date.</summary>
    public GuestContext Context { get; }

    /// <summary>The address of the instruction.</summary>
    public VirtualAddress Address { get; }

    /// <summary>ESP.</summary>
    public VirtualAddress StackPointer => new(_processor.Machine.Read(UnicornRegister.Esp));

    /// <summary>All general registers and the flags.</summary>
    public void ReadRegisters(out GuestRegisters registers)
    {
        registers = default;
        _processor.Machine.ReadAll(ref registers);
    }

    /// <summary>XMM0 to XMM7, eight times sixteen bytes.</summary>
    public void ReadVectors(Span<UInt128> vectors) =>
        FloatingPointArea.ReadVectors(_processor.Machine.Handle, MemoryMarshal.AsBytes(vectors));
}

/// <summary>Receives the instructions of the programs one by one, as well as their accesses.</summary>
public interface IGuestStepSink : IGuestAccessSink
{
    /// <summary>
    /// An instruction is about to be executed; the accesses of the one before it have been received. If it faults, or the run ends, it is
    /// reported again. Called on the machine's thread; an exception from it ends the run.
    /// </summary>
    /// <returns>False: the run ends before the instruction, with <see cref="ProcessorExitKind.Breakpoint"/>.</returns>
    bool Begin(in GuestStep step);
}
