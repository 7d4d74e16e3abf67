using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;

namespace Paging.Bench.Operations.Guest;

/// <summary>An engine with a processor, one process, and a page of code written by hand.</summary>
internal sealed class GuestWorld : IDisposable
{
    private static readonly VirtualAddress Code = new(0x0804_8000);

    public GuestWorld(uint byteLength)
    {
        World = new(byteLength);
        Processor = new(World.Engine);
        Context = Processor.CreateContext();
        World.MapAt(Code, 4096);
        Processor.Switch(World.Process, Context);
    }

    public EngineWorld World { get; }

    public GuestProcessor Processor { get; }

    public GuestContext Context { get; }

    /// <summary>Writes code and makes it the next to be executed.</summary>
    public void Load(params ReadOnlySpan<byte> code)
    {
        BrokenBenchmarkException.ThrowUnlessEqual("bytes of code", code.Length, World.Mmu.CopyIn(Code, code, out _));
        Context.Registers.Eip = Code.Value;
    }

    /// <summary>Runs to the next system call.</summary>
    public void RunToSystemCall()
    {
        ProcessorExit exit = Processor.Run();
        BrokenBenchmarkException.ThrowUnlessEqual("the kind of exit", (int)ProcessorExitKind.SystemCall, (int)exit.Kind);
    }

    public void Dispose()
    {
        Context.Dispose();
        Processor.Dispose();
        World.Dispose();
    }
}
