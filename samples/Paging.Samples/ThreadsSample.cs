using Paging.Core;
using Paging.Native;

namespace Paging.Samples;

/// <summary>
/// Four threads in one guest: they fill its memory together, count in it, and one takes memory away while the others use it.
/// </summary>
public static class ThreadsSample
{
    private const int ThreadCount = 4;
    private const uint PageCountOfAll = 1024;

    /// <summary>Runs the threads to their end.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 32 << 20, AllowThreads = true });
        UserProcess process = engine.CreateProcess("guest");
        VirtualAddress pages = process.Memory.MapAnonymous(PageCountOfAll << 12), counter = process.Memory.MapAnonymous(4096);
        using Barrier allHaveWritten = new(ThreadCount);
        Thread[] threads = new Thread[ThreadCount];
        for (int i = 0; i < ThreadCount; i++)
        {
            uint number = (uint)i;
            threads[i] = new(() => Work(engine, process, pages, counter, number, allHaveWritten));
            threads[i].Start();
        }

        foreach (Thread thread in threads) thread.Join();
        using EngineHold hold = engine.EnterSlowPath();    // this thread has no processor: it keeps the others out instead
        output.WriteLine($"the threads have counted {process.Memory.Mmu.Read<uint>(counter)} pages");
        output.WriteLine($"page faults of the pages: {process.Memory.Faults.Anonymous - 1}");
        output.WriteLine($"areas left: {process.Memory.Areas.Count}, frames that wait: {engine.Threads.Count().WaitingFrames.Value}");
    }

    private static void Work(
        PagingEngine engine, UserProcess process, VirtualAddress pages, VirtualAddress counter, uint number, Barrier allHaveWritten)
    {
        using VirtualProcessor processor = engine.Threads.CreateProcessor($"worker {number}");
        Mmu memory = process.Memory.Mmu;
        processor.Run(process);
        for (uint page = number; page < PageCountOfAll; page += ThreadCount)
        {
            memory.Write(pages + (page << 12), page);    // a page fault: one thread at a time
            memory.Add(counter, 1u);                     // as LOCK XADD does
            processor.Poll();                            // nothing is held: others need not wait for this thread
        }

        processor.Rest();    // before it blocks, or does anything that takes long
        allHaveWritten.SignalAndWait();
        VirtualAddress own = pages + (number * (PageCountOfAll / ThreadCount) << 12);
        // Returns when no thread can use them any more.
        if (process.Memory.Unmap(own, PageCountOfAll / ThreadCount << 12) != Errno.None) throw new InvalidOperationException("munmap failed");
    }
}
