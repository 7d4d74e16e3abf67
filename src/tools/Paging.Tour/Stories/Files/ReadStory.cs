using Paging.Core;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Writing;

namespace Paging.Tour.Stories.Files;

/// <summary>render reads scene.dat, 512 bytes at a time, into its heap.</summary>
internal static class ReadStory
{
    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 2 << 20, Seed = 1, ReadAheadPages = 0 });
        GuestFile file = stage.DiskFile("scene.dat", 20, out _);
        UserProcess process = stage.Process("render");
        AddressSpace memory = process.Memory;
        VirtualAddress heap = memory.StartBreak;
        memory.SetBreak(heap + 0x3000);
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        stage.Show(Camera.Mapping(process, heap, 3, "heap", file), Camera.Cache, Camera.Counters, Camera.Frames);
        stage.Step("A file, and a buffer", "fd = open(\"scene.dat\")\nbuffer = malloc(12 KB)",
            "The buffer's pages are agreed and not there. Of the file's 20 pages none is in memory. Read-ahead is off in this story.");

        Stage.Ok(process.FileDescriptors.ReadTo(descriptor, heap, 512, out uint got));
        stage.Show(look => Flow(look.Now.Files[0].Pages[0].Frame.Value,
            look.Now.SpaceOf(process.Id)!.EntryOf(heap.Page).Entry.Frame.Value, got), Camera.Mapping(process, heap, 3, "heap", file),
            Camera.Cache, Camera.Counters, Camera.Frames);
        stage.Step("The first 512 bytes", $"read(fd, buffer, 512) → {got}",
            $"""
            The kernel does not read 512 bytes from the disk but the whole page #0, into a frame of the page cache. Then it copies
            512 bytes to the buffer, whose page gets a frame of its own on the way.
            """);

        stage.Show(Camera.Mapping(process, heap, 3, "heap", file), Camera.Cache, Camera.Counters, Camera.Frames);
        uint done = got;
        while (done < 4096)
        {
            Stage.Ok(process.FileDescriptors.ReadTo(descriptor, heap + done, 512, out got));
            done += got;
        }

        CacheCounters counters = stage.Engine.Files.CacheCounters;
        stage.Step("The rest of the page", "read(fd, buffer, 512)   (seven times)",
            $"""
            Seven calls, and not one access to the disk: they were answered by the cache. {counters.PagesRead} page has
            been read so far.
            """);

        while (done < 0x3000)
        {
            Stage.Ok(process.FileDescriptors.ReadTo(descriptor, heap + done, 512, out got));
            done += got;
        }

        stage.Step("12 KB later", $"read(fd, buffer, 512)   ({(0x3000 - 4096) / 512} times)",
            $"""
            {SvgText.Count(done)} bytes are in memory twice: in {file.CachedPages.Value} frames of the cache, and in
            {memory.Usage.ResidentAnonymous.Value} anonymous frames of the heap. Every other program that does the same will make one more
            copy.
            """);
    }

    private static Figure Flow(uint cached, uint anonymous, uint got) => FlowFigure.Draw("The first read", ["render", "kernel", "disk"],
    [
        (0, 1, "read(fd, buffer, 512)"),
        (1, 1, "page #0: not in the page cache"),
        (1, 2, "read page #0"),
        (2, 1, $"4,096 bytes, to frame {cached:x3}"),
        (1, 1, $"page fault: buffer gets frame {anonymous:x3}"),
        (1, 0, $"copy {got} bytes to it"),
        (1, 0, $"return {got}"),
    ]);
}
