using Paging.Core;
using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>Each executed instruction is reported once with all its accesses, even if faults interrupt it.</summary>
public sealed class AccessTracerTests : IDisposable
{
    private const byte Call = 0xE8, Return = 0xC3;

    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    /// <summary>The first instruction after the call is not there yet: the fault belongs to it, not to the call.</summary>
    [Fact]
    public void ACallIntoAPageThatIsNotThereYetKeepsItsStore()
    {
        GuestFile file = _machine.Engine.Files.CreateMemoryFile("code");
        Assert.Equal(Errno.None, file.Write(0, [Return], out _));
        VirtualAddress far = Machine.Code + (16 * 4096);
        Assert.Equal(Errno.None, file.Open(_machine.Process, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(Errno.None, _machine.Process.Memory.Map(far, 4096, MemoryProtection.Read | MemoryProtection.Execute,
            MapFlags.Private | MapFlags.Fixed, descriptor, 0, out _));
        Sink sink = new();
        _machine.Processor.Trace(sink);
        uint distance = far.Value - (Machine.Code.Value + 5);
        ProcessorExit exit = _machine.Execute([Call, .. BitConverter.GetBytes(distance), 0xCD, 0x80]);
        Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
        VirtualAddress stack = Machine.Data + ((64 * 4096) - 4);
        Assert.Equal(
        [
            (Machine.Code, GuestAccessKind.Fetch), (stack, GuestAccessKind.Store), (far, GuestAccessKind.Fetch),
            (stack, GuestAccessKind.Load), (Machine.Code + 5, GuestAccessKind.Fetch),
        ], sink.Taken);
        file.Dispose();
    }

    /// <summary>A sink of steps sees the registers before each instruction, and can end the run before one.</summary>
    [Fact]
    public void AStepCanBeRefused()
    {
        Sink sink = new() { Refused = Machine.Code + 3 };
        _machine.Processor.Trace(sink);
        ProcessorExit exit = _machine.Execute(0x40, 0x40, 0x50, 0x40, 0xCD, 0x80);    // inc eax, inc eax, push eax, inc eax
        Assert.Equal((ProcessorExitKind.Breakpoint, Machine.Code + 3), (exit.Kind, exit.Address));
        Assert.Equal((2u, Machine.Code.Value + 3), (_machine.Registers.Eax, _machine.Registers.Eip));
        Assert.Equal([0u, 1u, 2u, 2u], sink.Values.Take(4));    // the last one may be reported again
        Assert.Equal(4, sink.Taken.Count);    // three fetches and a store
        sink.Refused = null;
        Assert.Equal(ProcessorExitKind.SystemCall, _machine.AnyProcessor.Run().Kind);
        Assert.Equal(3u, _machine.Registers.Eax);
    }

    private sealed class Sink : IGuestStepSink
    {
        public List<(VirtualAddress Address, GuestAccessKind Kind)> Taken { get; } = [];

        public List<uint> Values { get; } = [];

        public VirtualAddress? Refused { get; set; }

        public bool Begin(in GuestStep step)
        {
            step.ReadRegisters(out GuestRegisters registers);
            Values.Add(registers.Eax);
            return step.Address != Refused;
        }

        public void Take(in GuestAccess access) => Taken.Add((access.Address, access.Kind));
    }
}
