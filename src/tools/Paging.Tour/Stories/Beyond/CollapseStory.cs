using Paging.Core;
using Paging.Native;
using Paging.Pictures.Writing;

namespace Paging.Tour.Stories.Beyond;

/// <summary>512 small pages become one of 2 MB, and are small again.</summary>
internal static class CollapseStory
{
    private const uint HugeBytes = 2 << 20;

    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions
        {
            RamBytes = 8 << 20,
            Seed = 1,
            Tables = TableFormat.Pae,
            TransparentHugePages = TransparentHugePages.Advised,
        });
        UserProcess process = stage.Process("matrix");
        AddressSpace memory = process.Memory;
        VirtualAddress at = new(0x4000_0000);
        Stage.Ok(memory.Map(at, HugeBytes, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        for (uint page = 0; page < 512; page++) memory.Mmu.Write(at + (page << 12), page);
        stage.Show(Camera.Tables(process, new(at.Page, new(512))), Camera.Counters, Camera.Frames, Camera.Space(process));
        stage.Step("512 small pages", $"mmap({at.Value:x8}, 2 MB, MAP_FIXED, …)\nwrite each page",
            $"""
            A page table full of entries, and 512 page faults. The processor keeps a translation for each page that it uses, and has room
            for some hundreds of them: who walks over megabytes waits for page tables.
            """);

        long free = stage.Engine.Frames.CountOf(FrameState.Free).Value;
        Stage.Ok(memory.Advise(at, HugeBytes, MemoryAdvice.Collapse));
        stage.Step("They collapse into one", $"madvise({at.Value:x8}, 2 MB, MADV_COLLAPSE)",
            $"""
            The kernel looks for 512 free frames in a row, copies all pages there, and puts one entry with bit PS into the directory.
            {SvgText.Count(stage.Engine.Frames.CountOf(FrameState.Free).Value)} frames are free now, and {SvgText.Count(free)} were before.
            The daemon khugepaged does the same unasked.
            """);

        uint value = memory.Mmu.Read<uint>(at + (300 << 12));
        stage.Step("The program sees no difference", $"read {at.Value + (300 << 12):x8} → {value}",
            "The same bytes at the same addresses. One translation serves 2 MB.");

        Stage.Ok(memory.Protect(at + (100 << 12), 0x1000, MemoryProtection.Read));
        stage.Step("Other rights for one small page", $"mprotect({at.Value + (100 << 12):x8}, 4 KB, PROT_READ)",
            """
            An entry has one set of rights, so the huge page is split: a page table again, 512 entries, one of them read-only. The frames
            stay where they are. Nothing is copied.
            """);
    }
}
