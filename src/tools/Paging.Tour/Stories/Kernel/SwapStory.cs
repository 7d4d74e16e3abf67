using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Tour.Stories.Kernel;

/// <summary>A page goes to a swap device and comes back by a major fault.</summary>
internal static class SwapStory
{
    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 2 << 20, Seed = 1, SwapReadAheadPages = 1 });
        SwapDevice device = stage.Swap(1 << 20);
        UserProcess process = stage.Process("worker");
        AddressSpace memory = process.Memory;
        Stage.Ok(memory.Map(default, 0x4000, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        for (uint page = 0; page < 4; page++) memory.Mmu.Write(at + (page << 12), 0xC0DE_0000 + page);
        stage.Show(Camera.Mapping(process, at, 4, "data"), Camera.Entries(process, ("the first page", at)), Camera.Tables(process),
            Camera.Counters, Camera.Frames);
        stage.Step("Four anonymous pages", "write …",
            $"No file holds what they say. The swap device has {device.SlotCount} slots, of which {device.UsedSlotCount} are in use.");

        Stage.Ok(memory.Advise(at, 0x2000, MemoryAdvice.PageOut));
        stage.Step("Two of them go out", $"madvise({at.Value:x8}, 8 KB, MADV_PAGEOUT)",
            $"""
            Reclaim has written both to slots of the device ({device.UsedSlotCount} in use), changed their entries, and freed the frames, in
            that order. P is clear, and the other 31 bits name device and slot.
            """);

        uint value = memory.Mmu.Read<uint>(at);
        stage.Step("A major fault", $"read {at.Value:x8} → {value:x8}",
            $"""
            The processor only sees that P is clear. The kernel sees a swap entry, and `do_swap_page()` takes a frame and reads the slot:
            {stage.Engine.Faults.Major} major fault, for which the program has waited. The bytes are those that were written.
            """);

        memory.Mmu.Write(at + 0x1000, 5u);
        stage.Step("A write to the other", $"write {at.Value + 0x1000:x8}",
            "It comes back too, and as it is written at once, its copy on the device is out of date and its slot is given back.");

        Stage.Ok(memory.Advise(at, 0x1000, MemoryAdvice.PageOut));
        stage.Step("Out once more, without a write", $"madvise({at.Value:x8}, 4 KB, MADV_PAGEOUT)",
            $"""
            The first page has only been read since it came back, so its copy on the device is still good and it can go without being
            written again: {stage.Engine.Reclaimed.SwapWrites} pages have been written to the device in all.
            """);
    }
}
