using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Beyond;

/// <summary>Threads side by side: both want a page that is not there.</summary>
internal static class RaceStory
{
    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 2 << 20, Seed = 1, AllowThreads = true });
        UserProcess process = stage.Process("pair");
        AddressSpace memory = process.Memory;
        Stage.Ok(memory.Map(default, 0x4000, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        stage.Show(Camera.Mapping(process, at, 4, "shared by both threads"), Camera.Counters, Camera.Tables(process), Camera.Frames);
        stage.Step("Two threads, four pages", $"mmap(NULL, 16 KB, …) → {at.Value:x8}\nclone(CLONE_VM|CLONE_THREAD, …)   (twice)",
            "Both threads use the same page tables, each on a processor of its own. No page is present yet.");

        stage.OnThread(process, "first thread", () => memory.Mmu.Write(at, 1u));
        stage.Step("The first is first", $"first thread: write {at.Value:x8}",
            """
            Its processor faults. The kernel finds the area, takes a frame, clears it, and looks at the entry again under a lock before it
            writes it: somebody else may have been there meanwhile.
            """);

        long faults = stage.Engine.Faults.Minor;
        uint one = 0, two = 0;
        stage.OnThread(process, "second thread", () =>
        {
            memory.Mmu.Write(at + 4, 2u);
            (one, two) = (memory.Mmu.Read<uint>(at), memory.Mmu.Read<uint>(at + 4));
        });
        stage.Step("The second finds it done", $"second thread: write {at.Value + 4:x8}",
            $"""
            {(stage.Engine.Faults.Minor == faults ? "No page fault" : "A page fault")}: the entry is present. Had both faulted at the same
            moment, the one that came later to the lock would have seen the entry, given its frame back and gone on. Either way the page
            has one frame, which holds {one} and {two}: what both have written.
            """);

        stage.OnThread(process, "first thread", () => memory.Mmu.Write(at + 0x1000, 3u));
        stage.OnThread(process, "second thread", () => memory.Mmu.Write(at + 0x2000, 4u));
        stage.Step("Different pages do not meet",
            $"first thread: write {at.Value + 0x1000:x8}\nsecond thread: write {at.Value + 0x2000:x8}",
            """
            Faults on different pages run side by side: each thread locks the entries of one table for the moment of writing one of them.
            In this story the threads take turns, so that it is the same whenever it is told; the engine lets them run at once.
            """);

        Stage.Ok(memory.Unmap(at, 0x4000));
        MemoryFault fault = default;
        stage.OnThread(process, "second thread", () => _ = memory.Mmu.TryWrite(at, 5u, out fault));
        stage.Step("One takes the memory away", $"first thread: munmap({at.Value:x8}, 16 KB)\nsecond thread: write {at.Value:x8} → "
            + (fault.IsFault ? "SIGSEGV" : "done"),
            """
            A processor keeps translations that it has used. Before a frame is free, all processors that may have one of it are told to drop
            it (a TLB shootdown): otherwise the second thread would write into memory that belongs to somebody else by now.
            """);
    }
}
