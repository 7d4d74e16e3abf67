using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

/// <summary>The registers of many tasks on one processor: those that it holds, and the places of the others.</summary>
internal sealed class ContextStore(GuestProcessor processor, UnicornMachine machine, MemoryCoherence memory) : IContextStore
{
    private readonly AccessDecoder _decoder = new();

    /// <summary>The owner of the registers that the processor holds; null: none.</summary>
    public GuestContext? Current { get; private set; }

    /// <summary>
    /// True if the instruction under way is to store there, too: a processor then asks for a store, the library first for a load.
    /// </summary>
    public bool IsStore(VirtualAddress address)
    {
        if (Current is not { } context) return false;
        GuestRegisters registers = context.Registers;
        machine.ReadAll(ref registers);
        Span<byte> code = stackalloc byte[AccessDecoder.LongestInstruction];
        code = code[..memory.ReadCode(new(registers.Eip), code)];
        (uint fs, uint gs) = (context.BaseOf(registers.Fs), context.BaseOf(registers.Gs));
        return _decoder.KindOf(code, registers, address, fs, gs) == AccessKind.Write;
    }

    /// <summary>The process and the context switched to.</summary>
    /// <exception cref="InvalidOperationException">No context is switched to, or it was reset since.</exception>
    public (UserProcess Process, GuestContext Context) RequireSwitched() => memory.Process is { } process && Current is { } context
        ? (process, context)
        : throw new InvalidOperationException("Switch to a process and a context first.");

    public SegmentSelectors Selectors => SegmentSelectors.Of32BitKernel;

    public void Check(GuestContext context, string name)
    {
        processor.Enter();
        context.CheckIsOf(this, name);
    }

    /// <summary>Switches the processor to a process's memory and a task's registers. True: others were loaded before.</summary>
    public bool Switch(UserProcess process, GuestContext context)
    {
        bool isRestored = context != Current;
        if (isRestored)
        {
            if (Current is not null) machine.Save(Current.Blob);
            machine.Restore(context.Blob);
            Current = context;
        }

        memory.Enter(process, isRestored);
        if (!isRestored) return false;
        machine.SetTls(context);
        if (context.HasStaleSegments) machine.ReloadTls();    // reads the descriptors through the directory: after CR3
        context.HasStaleSegments = false;
        GuestRegisters unused = default;
        machine.ReadAll(ref unused);    // the restored context's values, so that only differences are written
        return true;
    }

    public void Reset(GuestContext context)
    {
        if (context == Current)
        {
            machine.Restore(machine.Pristine);
            machine.ReadAll(ref context.Registers);
            machine.SetTls(context);
            memory.Leave();    // CR3 is that of the pristine context: Switch loads the right one
        }
        else
        {
            machine.CopyContext(machine.Pristine, context.Blob);
        }

        context.Registers = Selectors.FirstRegisters;
    }

    public void Copy(GuestContext source, GuestContext destination)
    {
        if (destination == Current) throw new InvalidOperationException("The context switched to cannot be copied onto.");
        if (source == Current) machine.Save(source.Blob);
        machine.CopyContext(source.Blob, destination.Blob);
    }

    /// <summary>Reloads the segments if the context is the current one. False: it is another, which Switch will load.</summary>
    public bool TryReloadTls(GuestContext context)
    {
        if (context != Current) return false;
        machine.SetTls(context);
        machine.ReloadTls();
        ref GuestRegisters registers = ref context.Registers;
        (registers.Ds, registers.Es) = (machine.Read(UnicornRegister.Ds), machine.Read(UnicornRegister.Es));
        (registers.Fs, registers.Gs) = (machine.Read(UnicornRegister.Fs), machine.Read(UnicornRegister.Gs));
        return true;
    }

    public void SaveFloatingPoint(GuestContext context, Span<byte> area) => FloatingPointArea.Save(BlobOf(context), area);

    public void RestoreFloatingPoint(GuestContext context, ReadOnlySpan<byte> area)
    {
        nint blob = BlobOf(context);
        FloatingPointArea.Restore(blob, area);
        if (context == Current) machine.Restore(blob);
    }

    public int ExtendedByteLength => 0;

    public void SaveExtended(GuestContext context, Span<byte> area) { }

    public void RestoreExtended(GuestContext context, ReadOnlySpan<byte> area) { }

    public void Forget(GuestContext context)
    {
        processor.CheckIsIdle();
        if (context == Current)
        {
            Current = null;
            memory.Leave();
        }

        UnicornApi.FreeContext(context.Blob);
    }

    private nint BlobOf(GuestContext context)
    {
        if (context == Current) machine.Save(context.Blob);
        return context.Blob;
    }
}
