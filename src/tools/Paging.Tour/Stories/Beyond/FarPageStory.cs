using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Beyond;

/// <summary>Pages whose contents are far away: the host supplies them on demand.</summary>
internal static class FarPageStory
{
    public static void Tell(Stage stage)
    {
        FarSource source = new();
        using Pager pager = stage.Engine.Files.CreatePager("far", new(8), source);
        stage.Shown(pager.File);
        UserProcess process = stage.Process("reader");
        AddressSpace memory = process.Memory;
        VirtualAddress at = memory.MapFile(pager.File, 0x8000);
        stage.Show(Camera.Mapping(process, at, 8, "far", pager.File), Camera.Cache, Camera.Counters, Camera.Space(process), Camera.Frames);
        stage.Step("A file that is elsewhere", $"mmap(NULL, 32 KB, …, far) → {at.Value:x8}",
            "A pager, not a disk, supplies this file's pages: an object of the embedder, which may ask another machine.");

        _ = memory.Mmu.TryRead(at + 0x3000, out uint _, out MemoryFault fault);
        stage.Step("A page fault that cannot be resolved yet", $"read {at.Value + 0x3000:x8} → {fault.Kind}",
            $"""
            The pager was asked for page {source.Asked} and has answered: later. The access has changed nothing. An emulator runs another of
            its threads now; a program of the host waits.
            """);

        _ = pager.TryTakeRequest(out FilePage wanted);
        Stage.Ok(pager.Supply(wanted, FarSource.PageOf(wanted)));
        stage.Step("The page arrives", $"pager.Supply({wanted})",
            "It goes into the page cache. No entry leads to it so far: it was asked for, and nobody has come back for it.");

        uint value = memory.Mmu.Read<uint>(at + 0x3000);
        stage.Step("The access is repeated", $"read {at.Value + 0x3000:x8} → {value:x}",
            """
            A minor fault: the page is in the cache, and the entry is written. From here on the page is one like any other. It is read at
            full speed, shared by all who map the file, and given up when memory runs short.
            """);

        memory.Mmu.Write(at + 0x3000, 0x21u);
        Stage.Ok(memory.Synchronize(at, 0x8000, SyncFlags.Sync));
        stage.Step("And goes back", $"write {at.Value + 0x3000:x8}; msync(MS_SYNC)",
            $"The pager was given page {source.Stored} to store. Swap on servers works this way.");
    }

    /// <summary>Everything is far away.</summary>
    private sealed class FarSource : IPageSource
    {
        public FilePage Asked { get; private set; }

        public FilePage Stored { get; private set; }

        public static byte[] PageOf(FilePage page)
        {
            byte[] bytes = new byte[4096];
            BitConverter.TryWriteBytes(bytes, 0xFA_0000u + (uint)page.Value);
            return bytes;
        }

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            Asked = page;
            return PageAnswer.Later;
        }

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes)
        {
            Stored = page;
            return Errno.None;
        }
    }
}
