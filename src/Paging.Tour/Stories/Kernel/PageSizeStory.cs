using Paging.Core;
using Paging.Native;
using Paging.Pictures;

namespace Paging.Tour;

/// <summary>Pages of 4 KB for programs, and of 4 MB for the kernel.</summary>
internal static class PageSizeStory
{
    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 16 << 20, Seed = 1 });
        UserProcess process = stage.Process("pages");
        AddressSpace memory = process.Memory;
        PhysicalMemory ram = stage.Engine.Ram;
        Stage.Ok(memory.Map(default, 8 << 20, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        stage.Show(Camera.Tables(process, new(at.Page, new(2048))), Camera.Space(process), Camera.Frames, Camera.Counters);
        stage.Step("User space is cut into pages of 4 KB", "mmap(NULL, 8 MB, …)",
            $"""
            3 GB are {SvgText.Count(PageCount.UserHalf.Value)} pages. An area is a whole number of them: these 8 MB are
            {SvgText.Count(8 << 20 >> 12)}. Byte 0 to 4,095 of the address space is page 0, the next 4,096 bytes are page 1, and so on.
            """);

        memory.Mmu.Write(at + 0x1234, 1u);
        WalkResult small = Walker.Peek(ram, memory.PageDirectory, (at + 0x1234).Page);
        stage.Step("Two steps to a frame", $"write {at.Value + 0x1234:x8}",
            $"""
            The upper ten bits choose entry {at.Page.DirectoryIndex} of the directory, the next ten entry {(at + 0x1234).Page.TableIndex} of
            its table, and the last twelve the byte: frame {small.Physical.Frame.Value:x3}, offset 234. One table serves 4 MB.
            """);

        for (uint page = 0; page < 1024; page += 256) memory.Mmu.Write(at + (4 << 20) + (page << 12), page);
        stage.Step("The next 4 MB need another table", "write …   (four times)",
            $"""
            The process has {memory.Usage.PageTables.Value} page tables now. Tables are frames too, and are made when they are first needed:
            an empty gigabyte costs nothing.
            """);

        WalkResult large = Walker.Peek(ram, memory.PageDirectory, PageNumber.FirstKernel + new PageCount(0x123));
        int count = ram.Words(memory.PageDirectory)[768..].ToArray().Count(static word => new PageDirectoryEntry(word).IsLarge);
        stage.Step("The kernel's pages have 4 MB", $"kernel: read {(PageNumber.FirstKernel.Value + 0x123) << 12:x8}",
            $"""
            Here the entry of the directory leads to memory directly (bit PS is {(large.IsLargePage ? "set" : "clear")}): one step, and one
            entry of the processor's translation cache, for 4 MB. {count} such pages map this machine's {ram.ByteLength >> 20} MB. The price
            is one set of rights for all of it.
            """);
    }
}
