using Paging.Core;
using Paging.Native;

namespace Paging.Samples;

/// <summary>A debugger's view: the writers of a variable, the events of memory management, and a buffer that stays in place.</summary>
public static class ObserverSample
{
    /// <summary>Watches a variable, records events, and reads a pinned buffer while the program goes on.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20 });
        UserProcess process = engine.CreateProcess("program");
        VirtualAddress data = new(0x2000_0000);
        process.Memory.MapAnonymous(data, 4 * 4096);
        Mmu memory = process.Memory.Mmu;

        output.WriteLine("the variable:");
        using (memory.Watch(data + 16, 4, WatchedAccesses.Write, access =>
            output.WriteLine($"  {Convert.ToHexStringLower(access.Before)} becomes {Convert.ToHexStringLower(access.After)}")))
        {
            memory.Write(data + 16, 1u);
            memory.Write(data + 20, 2u);    // its neighbour is none of our business
            memory.Write(data + 16, 3u);
        }

        output.WriteLine("the events of a fork:");
        using EventRecorder recorder = engine.RecordEvents();
        using UserProcess child = process.Fork();
        child.Memory.Mmu.Write(data, 4u);
        memory.Read<uint>(data + 4096);
        if (child.Memory.Unmap(data, 4 * 4096) != Errno.None) throw new InvalidOperationException("munmap failed");
        Printer printer = new(output);
        recorder.Drain(ref printer);

        output.WriteLine("the pinned buffer:");
        using PinnedMemory pinned = process.Pin(data + 4096, 2 * 4096, AccessKind.Read);
        memory.Write(data + 4096, (byte)42);
        output.WriteLine($"  {pinned.ByteLength} bytes, the first is {pinned.Parts[0].Span[0]}");
        if (process.Memory.Unmap(data, 4 * 4096) != Errno.None) throw new InvalidOperationException("munmap failed");
        output.WriteLine($"  after munmap it is {pinned.Parts[0].Span[0]}");
    }

    private readonly struct Printer(TextWriter output) : IEngineEventSink
    {
        public void Take(in EngineEvent happened) => output.WriteLine($"  {happened with { Frame = default }}");
    }
}
