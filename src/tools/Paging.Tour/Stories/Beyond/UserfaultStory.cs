using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Beyond;

/// <summary>A program that resolves page faults itself: userfaultfd(2).</summary>
internal static class UserfaultStory
{
    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Process("guest");
        AddressSpace memory = process.Memory;
        Stage.Ok(memory.Map(default, 0x4000, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        using Userfaultfd faults = memory.Userfaultfds.Open();
        Stage.Ok(faults.Register(at, 0x4000, UserfaultModes.Missing));
        stage.Show(Camera.Mapping(process, at, 4, "registered memory"), Camera.Tables(process), Camera.Counters, Camera.Space(process),
            Camera.Frames);
        stage.Step("A range is registered", $"mmap(NULL, 16 KB, …) → {at.Value:x8}\nioctl(uffd, UFFDIO_REGISTER, MODE_MISSING)",
            "From now on the kernel does not fill these pages at a fault. It reports the fault to the thread that reads the descriptor.");

        _ = memory.Mmu.TryRead(at + 0x1234, out uint _, out MemoryFault fault);
        stage.Step("An access waits", $"guest: read {at.Value + 0x1234:x8} → {fault.Kind}",
            """
            The page is missing, so the thread sleeps. Nothing has changed: the entry is zero, and no frame was taken. A message with the
            address is in the queue.
            """);

        _ = faults.TryRead(out UserfaultMessage message);
        byte[] page = new byte[4096];
        BitConverter.TryWriteBytes(page.AsSpan(0x234), 0x600DF00Du);
        Stage.Ok(faults.Copy(message.Address.Page.Address, page, UserfaultFillFlags.None, out _));
        stage.Step("A handler supplies the page", $"monitor: read(uffd) → fault at {message.Address.Value:x8}\n"
            + $"monitor: ioctl(uffd, UFFDIO_COPY, {message.Address.Page.Address.Value:x8}, 4 KB)",
            """
            The handler, an ordinary program, has fetched the bytes from wherever they are: another machine, a file, a formula. UFFDIO_COPY
            takes a frame, fills it and writes the entry in one step, so that nobody sees half a page. Then it wakes the thread.
            """);

        uint value = memory.Mmu.Read<uint>(at + 0x1234);
        stage.Step("The access is repeated", $"guest: read {at.Value + 0x1234:x8} → {value:x}",
            "It succeeds, and the program has noticed nothing but the time. Virtual machines move to another host this way.");

        Stage.Ok(faults.ZeroPage(at + 0x2000, 0x1000, UserfaultFillFlags.None, out _));
        stage.Step("A page of zeros", $"monitor: ioctl(uffd, UFFDIO_ZEROPAGE, {at.Value + 0x2000:x8}, 4 KB)",
            "A page that was never written there need not be sent: its entry leads to the one page of zeros, read-only.");
    }
}
