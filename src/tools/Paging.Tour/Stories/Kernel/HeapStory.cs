using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Kernel;

/// <summary>A heap as it is mapped: pages with a frame, pages without, pages on disk.</summary>
internal static class HeapStory
{
    public static void Tell(Stage stage)
    {
        stage.Swap(1 << 20);
        UserProcess process = stage.Process("worker");
        AddressSpace memory = process.Memory;
        VirtualAddress start = memory.StartBreak;
        memory.SetBreak(start + 0xA000);
        stage.Show(Camera.Mapping(process, start, 10, "heap"), Camera.Space(process), Camera.Frames, Camera.Tables(process));
        stage.Step("Ten pages are agreed", "brk(+40 KB)",
            "The area covers ten pages. No arrow leads anywhere: an area says what may be used, not what is there.");

        foreach (uint page in (uint[])[0, 3, 4, 8, 1]) memory.Mmu.Write(start + (page << 12), page);
        stage.Step("Five are touched, in any order", "write page 0, 3, 4, 8, 1",
            """
            Each first touch took the next free frame. The order of pages and the order of frames have nothing to do with each other: an
            array that is contiguous for the program may lie anywhere in RAM.
            """);

        Stage.Ok(memory.Advise(start + 0x3000, 0x2000, MemoryAdvice.PageOut));
        stage.Step("Two are swapped out", $"madvise({start.Value + 0x3000:x8}, 8 KB, MADV_PAGEOUT)",
            """
            Their contents lie on the swap device, their frames are free. Again no arrow, but for another reason: these entries are not
            zero, they say where the page is.
            """);

        _ = memory.Mmu.Read<uint>(start + 0x5000);
        stage.Step("A read of a page that was never written", $"read {start.Value + 0x5000:x8} → 0",
            "A read needs no frame of its own. The entry leads to the one page of zeros, read-only, and a write would replace it.");

        uint value = memory.Mmu.Read<uint>(start + 0x3000);
        int waiting = stage.Engine.Frames.CountOf(FrameState.SwapCache) is { Value: > 1 } cached ? (int)cached.Value - 1 : 0;
        stage.Step("A swapped page is read", $"read {start.Value + 0x3000:x8} → {value}",
            $"""
            The page comes back from the device when it is wanted. What the area promised was true all the time; the work was done late.
            Swap read-ahead has brought {waiting} more: its frame waits in the swap cache, without an arrow, as its entry
            still names the slot.
            """);
    }
}
