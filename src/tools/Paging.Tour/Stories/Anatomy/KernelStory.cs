using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>Kernel space: in every address space, the same in all of them, and closed to programs.</summary>
internal static class KernelStory
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 8 << 20, Seed = 1 });
        UserProcess one = stage.Program("one", out _), two = stage.Program("two", out _);
        uint[] oursUp = stage.Engine.Ram.Words(one.Memory.PrepareWalk())[768..].ToArray();
        uint[] theirsUp = stage.Engine.Ram.Words(two.Memory.PrepareWalk())[768..].ToArray();
        string equal = oursUp.AsSpan().SequenceEqual(theirsUp) ? "equal, word for word" : "different";
        stage.Show(Camera.Spaces((one, "one"), (two, "two")), Camera.Tables(one), Camera.Tables(two), Camera.Frames);
        stage.Step("The upper gigabyte is the kernel's", "",
            $"""
            The last 256 of the 1,024 entries of a page directory belong to the kernel. In the two processes they are {equal}:
            kernel space maps the same physical memory whichever process runs. That it is a gigabyte of addresses does not
            mean that the kernel uses a gigabyte of RAM; this machine has {stage.Engine.Ram.ByteLength >> 20} MB in all.
            """);

        VirtualAddress address = new(0xC000_1000);
        _ = one.Memory.Mmu.TryRead(address, out uint _, out MemoryFault fault);
        stage.Step("A program may not look", $"one: read c0001000 → {(fault.IsFault ? "SIGSEGV" : "read")}",
            $"""
            The entry is present, but its U bit is clear: only privileged code may use it. The processor faults, the kernel sees a user's
            access to a kernel's address, and refuses: {Stage.SignalOf(fault)}.
            """);

        Stage.Ok(one.Memory.Map(default, 0x1000, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress mine));
        one.Memory.Mmu.Write(mine, 0x2A2Au);
        FrameNumber frame = Walker.Peek(stage.Engine.Ram, TableFormat.Classic, one.Memory.PrepareWalk(), mine.Page).Physical.Frame;
        VirtualAddress linear = PagingEngine.KernelAddressOf(frame);
        _ = one.Memory.Mmu.TryReadAsSupervisor(linear, out uint seen, out _);
        stage.Show(Camera.Mapping(Camera.Window(one, mine, 1, "user page"),
            new PageWindow(one.Id, new(linear.Page, PageCount.One), "all RAM, in order") { IsKernel = true }),
            Camera.Tables(one, new(mine.Page, new(1))), Camera.Tables(two), Camera.Frames);
        stage.Step("The kernel sees the same frame at its own address",
            $"one: *{mine.Value:x8} = 2a2a\nkernel: read {linear.Value:x8} → {seen:x}",
            $"""
            The program has written to a page of its own, which lies in frame {frame.Value:x3}. The kernel maps all RAM one after the other
            from c0000000, so it finds the same bytes at c0000000 + {frame.Value:x3}000, without a page of its own.
            """);

        _ = two.Memory.Mmu.TryReadAsSupervisor(linear, out uint again, out _);
        stage.Step("And it does so whichever process runs",
            $"cr3 = {two.Memory.PrepareWalk().Address.Value:x8}\nkernel: read {linear.Value:x8} → {again:x}",
            """
            After a process switch the user half is another one. The kernel half has not changed, and so an interrupt or a system call can
            be served at any moment: its code and data are always where they were.
            """);
    }
}
