using Paging.Core;
using Paging.Native;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>
/// An engine, its processor and one process whose code a test writes by hand. Skips with the reason where there is no library.
/// </summary>
internal sealed class Machine : IDisposable
{
    public static readonly VirtualAddress Code = new(0x0040_0000);
    public static readonly VirtualAddress Data = new(0x0050_0000);

    public Machine(ulong ramBytes = 16 << 20, EngineOptions? options = null, bool countsCode = true, bool isDirect = false)
    {
        RequiredProcessor.Check(isDirect);
        Engine = new((options ?? new()) with { RamBytes = ramBytes, ShareRam = isDirect });
        AnyProcessor = isDirect ? new DirectProcessor(Engine) : new GuestProcessor(Engine, countsCode);
        Process = Engine.CreateProcess("hand");
        Context = AnyProcessor.CreateContext();
        Map(Process, Code, 16 * 4096);
        Map(Process, Data, 64 * 4096);
        Context.Registers.Eip = Code.Value;
        Context.Registers.Esp = Data.Value + (64 * 4096);
        AnyProcessor.Switch(Process, Context);
    }

    public PagingEngine Engine { get; }
    /// <summary>The one that it was made with.</summary>
    public IGuestProcessor AnyProcessor { get; }

    /// <summary>The emulated one; the host's is another class.</summary>
    public GuestProcessor Processor => (GuestProcessor)AnyProcessor;

    public UserProcess Process { get; }
    public GuestContext Context { get; }
    public ref GuestRegisters Registers => ref Context.Registers;

    public static void Map(UserProcess process, VirtualAddress at, uint byteLength) =>
        Assert.Equal(Errno.None, process.Memory.Map(at, byteLength, MemoryProtection.ReadWrite | MemoryProtection.Execute,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));

    /// <summary>Writes code and goes to it.</summary>
    public void Load(ReadOnlySpan<byte> code, VirtualAddress? at = null)
    {
        Assert.Equal(code.Length, Process.Memory.Mmu.CopyIn(at ?? Code, code, out _));
        Registers.Eip = (at ?? Code).Value;
    }

    /// <summary>Writes code, runs it, and returns how it ended.</summary>
    public ProcessorExit Execute(params ReadOnlySpan<byte> code)
    {
        Load(code);
        return AnyProcessor.Run();
    }

    /// <summary>
    /// Runs code that touches twelve new pages and then loops for ever, until another thread stops it: before the run if no page fault is
    /// to come first, else after so many.
    /// </summary>
    public void StopFromAnotherThread(uint round, long faultCount)
    {
        // again: mov [edi],eax; add edi,4096; dec ecx; jnz again; loop: inc eax; jmp loop
        Load([0x89, 0x07, 0x81, 0xC7, 0, 0x10, 0, 0, 0x49, 0x75, 0xF5, 0x40, 0xEB, 0xFD]);
        (Registers.Edi, Registers.Ecx) = (Data.Value + (round * 12 * 4096), 12);
        long before = AnyProcessor.Counters.PageFaults;
        bool sawFaults = false;
        Thread asking = new(() =>
        {
            sawFaults = SpinWait.SpinUntil(() => AnyProcessor.Counters.PageFaults - before >= faultCount, 60_000);
            AnyProcessor.RequestStop();
        });
        asking.Start();
        if (faultCount == 0) asking.Join();
        Assert.Equal(ProcessorExitKind.Stopped, AnyProcessor.Run().Kind);
        asking.Join();
        Assert.True(sawFaults);
    }

    public void Dispose()
    {
        Context.Dispose();
        AnyProcessor.Dispose();
        Assert.Empty(Engine.Audit().Findings);
        Engine.Dispose();
    }
}
