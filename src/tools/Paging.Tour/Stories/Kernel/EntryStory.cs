using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Kernel;

/// <summary>The bits of a page table entry, and which of them are sticky.</summary>
internal static class EntryStory
{
    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Process("bits");
        AddressSpace memory = process.Memory;
        GuestFile file = stage.DiskFile("notes.txt", 4, out _);
        Stage.Ok(file.Open(process, FileRights.ReadWrite, out int descriptor));
        Stage.Ok(memory.Map(default, 0x1000, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress own));
        Stage.Ok(memory.Map(default, 0x1000, MemoryProtection.ReadWrite, MapFlags.Shared, descriptor, 0, out VirtualAddress shared));
        stage.Show(Camera.Entries(process, ("anonymous page", own), ("page of a shared file", shared)), Camera.Tables(process),
            Camera.Space(process), Camera.Counters);
        stage.Step("Nothing yet", "mmap(…)",
            """
            Two areas have been agreed. Their entries are 32 zeros, which means to Linux: never touched. There is not even a table that
            they could stand in.
            """);

        _ = memory.Mmu.Read<uint>(own);
        stage.Step("A read", $"read {own.Value:x8}",
            """
            The fault has made a table and an entry: P, present; US, for user mode; A, accessed. The frame is number 0, a page of zeros that
            all processes share, and so RW is clear: the first write must fault again.
            """);

        memory.Mmu.Write(own, 42u);
        stage.Step("A write", $"write {own.Value:x8}",
            """
            Now there is a frame of its own, and RW is set. D says dirty: the page has been written since somebody last looked. The bits
            called sw belong to the kernel; the processor never reads them.
            """);

        Stage.Ok(memory.ClearReferences(ReferenceKind.All));
        stage.Step("The kernel clears A", "echo 1 > /proc/self/clear_refs",
            "A is sticky: the processor sets it and never clears it. Only the kernel does, to know what is used from now on.");

        _ = memory.Mmu.Read<uint>(own);
        stage.Step("And the processor sets it again", $"read {own.Value:x8}",
            """
            No fault: the entry was present. The processor has walked the tables and set A by itself. This is how the kernel tells pages in
            use from pages that were not used for long, when it must give some up.
            """);

        memory.Mmu.Write(shared, 7u);
        stage.Step("A dirty page of a file", $"write {shared.Value:x8}",
            "In the shared mapping the frame belongs to the page cache. RW and D are set: the file on disk is out of date.");

        Stage.Ok(memory.Synchronize(shared, 0x1000, SyncFlags.Sync));
        stage.Step("The kernel clears D", $"msync({shared.Value:x8}, 4096, MS_SYNC)",
            """
            The page was written to disk, so the kernel clears D; and RW as well, to be told of the next write by a fault.

            Look for a bit that would forbid execution: there is none in these 32. An area knows that right, classic x86 page tables do not.
            (The story about page sizes has tables that do.)
            """);
    }
}
