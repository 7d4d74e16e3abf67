using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Tour.Stories.Kernel;

/// <summary>Pages of 4 KB for programs, of 4 MB for the kernel, and of 2 MB with Physical Address Extension.</summary>
internal static class PageSizeStory
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 16 << 20, Seed = 1 });
        TellOfClassicTables(stage);
        TellOfCodeOnTheStack(stage);
        stage.BeginAgain(new EngineOptions { RamBytes = 16 << 20, Seed = 1, Tables = TableFormat.Pae, HugePages = 2 });
        TellOfPae(stage);
    }

    private static void TellOfClassicTables(Stage stage)
    {
        UserProcess process = stage.Process("pages");
        AddressSpace memory = process.Memory;
        PhysicalMemory ram = stage.Engine.Ram;
        Stage.Ok(memory.Map(default, 8 << 20, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress at));
        stage.Show(Camera.Pages(process, (at + 0x1234).Page), Camera.Space(process), Camera.Tables(process, new(at.Page, new(2048))),
            Camera.Frames, Camera.Counters);
        stage.Step("User space is cut into pages of 4 KB", "mmap(NULL, 8 MB, …)",
            $"""
            3 GB are {SvgText.Count(PageCount.UserHalf.Value)} pages. An area is a whole number of them: these 8 MB are
            {SvgText.Count(8 << 20 >> 12)}. Byte 0 to 4,095 of the address space is page 0, the next 4,096 bytes are page 1, and so on.
            """);

        memory.Mmu.Write(at + 0x1234, 1u);
        stage.Show(Camera.Translation(process, at + 0x1234), Camera.Tables(process, new(at.Page, new(2048))), Camera.Space(process),
            Camera.Frames, Camera.Counters);
        WalkResult small = Walker.Peek(ram, TableFormat.Classic, memory.PrepareWalk(), (at + 0x1234).Page);
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

        WalkResult large = Walker.Peek(ram, TableFormat.Classic, memory.PrepareWalk(), PageNumber.FirstKernel + new PageCount(0x123));
        int count = SpaceView.Take(stage.Engine, process).Tables.Count(static table => table is { IsKernel: true, IsHugePage: true });
        stage.Step("The kernel's pages have 4 MB", $"kernel: read {(PageNumber.FirstKernel.Value + 0x123) << 12:x8}",
            $"""
            Here the entry of the directory leads to memory directly (bit PS is {(large.IsLargePage ? "set" : "clear")}): one step, and one
            entry of the processor's translation cache, for 4 MB. {count} such pages map this machine's {ram.ByteLength >> 20} MB. The price
            is one set of rights for all of it.
            """);
    }

    private static void TellOfCodeOnTheStack(Stage stage)
    {
        UserProcess process = stage.Process("overrun");
        AddressSpace memory = process.Memory;
        Stage.Ok(memory.Map(default, 0x1000, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress stack));
        memory.Mmu.Write(stack, (byte)0xC3);    // ret
        bool isFetched = memory.Mmu.TryFetch(stack, out byte instruction, out MemoryFault fault);
        stage.Show(Camera.Entries(process, ("page of the stack, rw-", stack)), Camera.Space(process), Camera.Tables(process),
            Camera.Counters);
        stage.Step("What may be read may be executed", $"jump to {stack.Value:x8} → "
            + (isFetched ? $"fetched {instruction:x2}, which is ret" : Stage.SignalOf(fault)),
            """
            The area of the stack has no right to execute, but an entry of 4 bytes has no bit for that: the processor fetches whatever it
            can read. So code that an attacker has written into a buffer on the stack runs.
            """);
    }

    private static void TellOfPae(Stage stage)
    {
        UserProcess process = stage.Process("wide");
        AddressSpace memory = process.Memory;
        PhysicalMemory ram = stage.Engine.Ram;
        Stage.Ok(memory.Map(default, 0x4000, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress data));
        memory.Mmu.Write(data, 1u);
        SpaceView space = SpaceView.Take(stage.Engine, process);
        int count = space.Tables.Count(static table => table is { IsKernel: true, IsHugePage: true });
        stage.Show(Camera.Translation(process, data + 0x234), Camera.Tables(process), Camera.Space(process), Camera.Frames,
            Camera.Counters);
        stage.Step("Another machine: entries of 8 bytes", $"cr4 = PAE; cr3 = {memory.PrepareWalk().Address.Value:x8}",
            $"""
            With Physical Address Extension an entry has 64 bits, so that frames may lie beyond 4 GB. A table of 4 KB holds 512 of them
            and serves 2 MB, and a third level is needed: cr3 names a table of {space.Directories.Count} pointers, each to a directory of
            512 entries. A large page has 2 MB now: {count} of them map the kernel's view of {ram.ByteLength >> 20} MB.
            """);

        const uint hugeBytes = 2 << 20;
        Stage.Ok(memory.Map(default, hugeBytes, MemoryProtection.ReadWrite, Anonymous | MapFlags.HugeTlb, out VirtualAddress huge));
        long faults = stage.Engine.Faults.Minor;
        memory.Mmu.Write(huge + 0x12_3456, 1u);
        WalkResult walk = Walker.Peek(ram, TableFormat.Pae, memory.PrepareWalk(), (huge + 0x12_3456).Page);
        stage.Show(Camera.Tables(process, new(huge.Page, new(512))), Camera.Space(process), Camera.Frames, Camera.Counters);
        stage.Step("A program may have them too", $"mmap(NULL, 2 MB, …, MAP_HUGETLB) → {huge.Value:x8}\nwrite {huge.Value + 0x12_3456:x8}",
            $"""
            Programs live on pages of 4 KB unless they ask for others. {stage.Engine.Faults.Minor - faults} page fault has mapped 512
            frames at once, and the entry of the directory has bit PS {(walk.IsLargePage ? "set" : "clear")}: address
            {huge.Value + 0x12_3456:x8} is byte 123456 of the page, in frame {walk.Physical.Frame.Value:x3}. The frames must be neighbours;
            they come from a pool of {SvgText.Count(stage.Engine.Frames.CountOf(FrameState.Kernel).Value)} frames, put aside at boot.
            """);

        Stage.Ok(memory.Map(default, 0x1000, MemoryProtection.Read | MemoryProtection.Execute, Anonymous, out VirtualAddress code));
        _ = memory.Mmu.Read<uint>(code);
        bool isFetched = memory.Mmu.TryFetch(data, out byte _, out MemoryFault fault);
        stage.Show(Camera.Entries(process, ("page of data, rw-", data), ("page of code, r-x", code)), Camera.Tables(process),
            Camera.Space(process), Camera.Counters);
        stage.Step("And a bit that forbids execution", $"jump to {data.Value:x8} → {(isFetched ? "executed" : Stage.SignalOf(fault))}",
            """
            Bit 63 is NX: no instruction is fetched from the page of data, and a program that was made to jump there ends. The entry of the
            page of code has NX clear. An attacker's answer is return-to-libc: put no code on the stack, but return addresses of functions
            that the program has already, such as system().
            """);
    }
}
