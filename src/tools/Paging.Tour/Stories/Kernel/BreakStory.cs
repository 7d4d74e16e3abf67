using Paging.Core;
using Paging.Native;
using Paging.Pictures.Writing;

namespace Paging.Tour.Stories.Kernel;

/// <summary>From brk to a frame: the agreement first, the work at the page fault.</summary>
internal static class BreakStory
{
    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Program("gonzo", out _);
        AddressSpace memory = process.Memory;
        VirtualAddress old = memory.SetBreak(memory.StartBreak + 0x3000);
        for (uint page = 0; page < 3; page++) memory.Mmu.Write(memory.StartBreak + (page << 12), page);
        stage.Show(Camera.Mapping(process, memory.StartBreak, 6, "heap"), Camera.Space(process),
            Camera.Tables(process, new(memory.StartBreak.Page, new(6)), 6), Camera.Counters, Camera.Frames);
        stage.Step("A heap in use", $"brk → {old.Value:x8}",
            "Three pages, all of them written before. Agreement and work are at the same point.");

        uint free = stage.Engine.Frames.CountOf(FrameState.Free).Value;
        VirtualAddress end = memory.SetBreak(old + 0x2000);
        stage.Step("The program asks for 8 KB more", $"brk({old.Value + 0x2000:x8}) → {end.Value:x8}",
            $"""
            The area of the heap has become longer, and that was all. {SvgText.Count(free)} frames were free before the call and
            {SvgText.Count(stage.Engine.Frames.CountOf(FrameState.Free).Value)} are after it.
            """);

        memory.Mmu.Write(old, 1u);
        PagemapWord word = memory.ReadPagemap(old.Page);
        stage.Step("The first write", $"write {old.Value:x8}",
            $"""
            The processor finds a zero entry and faults. `find_vma()` finds the area, the area allows writing, the entry was never used, no
            file is after it: `do_anonymous_page()` takes frame {word.Frame.Value:x3}, clears it, and makes the entry. The instruction is
            repeated, and succeeds.
            """);

        memory.Mmu.Write(old + 16, 2u);
        stage.Step("The second write", $"write {old.Value + 16:x8}",
            "No fault. The processor needs the kernel only once for each page.");

        memory.SetBreak(old);
        stage.Step("The memory is given back", $"brk({old.Value:x8})",
            "The area becomes shorter, the entry zero, the frame free. The other page was agreed and taken back without ever being there.");
    }
}
