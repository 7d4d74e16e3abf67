using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Files;

/// <summary>Read-ahead, and the hints that change it.</summary>
internal static class ReadAheadStory
{
    public static void Tell(Stage stage)
    {
        PagingEngine engine = stage.Engine;
        GuestFile file = stage.DiskFile("scene.dat", 80, out _);
        UserProcess process = stage.Process("render");
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        byte[] page = new byte[4096];
        stage.Show(Camera.Cache, Camera.Counters, Camera.Frames);
        Stage.Ok(process.FileDescriptors.Read(descriptor, page, out _));
        stage.Step("One page is wanted", "read(fd, buffer, 4096)",
            $"""
            {file.CachedPages.Value} pages were read. A program that begins a file at its beginning will probably go on, and a disk is
            fastest when it reads in one go.
            """);

        for (int i = 0; i < 10; i++) Stage.Ok(process.FileDescriptors.Read(descriptor, page, out _));
        CacheCounters counters = engine.Files.CacheCounters;
        stage.Step("It does go on", "read(fd, buffer, 4096)   (ten times)",
            $"""
            Each time the program comes to a marked page, the next window is read, and a larger one: {counters.ReadAhead} pages
            have
            been read ahead. The program did not wait for them.
            """);

        GuestFile random = stage.DiskFile("index.db", 40, out _);
        Stage.Ok(random.Open(process, FileRights.Read, out int second));
        Stage.Ok(process.FileDescriptors.Advise(second, 0, 0, FileAdvice.Random));
        foreach (long at in (long[])[7, 22, 3]) Stage.Ok(process.FileDescriptors.Read(second, at << 12, page, out _));
        stage.Step("A hint: random", "posix_fadvise(fd2, 0, 0, POSIX_FADV_RANDOM)\npread(fd2, …, page 7); page 22; page 3",
            $"Three pages were wanted, and {random.CachedPages.Value} were read. Who knows better than the kernel may say so.");

        Stage.Ok(process.FileDescriptors.Advise(second, 30 << 12, 8 << 12, FileAdvice.WillNeed));
        stage.Step("A hint: soon", "posix_fadvise(fd2, page 30, 8 pages, POSIX_FADV_WILLNEED)",
            $"The pages are loaded before anybody asks: {random.CachedPages.Value} of the file are in memory now.");

        Stage.Ok(process.Memory.Map(default, 40 << 12, MemoryProtection.Read, MapFlags.Shared, second, 0, out VirtualAddress mapped));
        Stage.Ok(process.Memory.Advise(mapped, 40 << 12, MemoryAdvice.Normal));
        _ = process.Memory.Mmu.Read<uint>(mapped + (31 << 12));
        uint around = process.Memory.Usage.ResidentFile.Value;
        stage.Show(Camera.Cache, Camera.Mapping(process, mapped + (28 << 12), 12, "index.db"), Camera.Counters, Camera.Frames);
        stage.Step("Mapped files, too", $"p = mmap(…, fd2); read p + page 31",
            $"One fault, and {around} pages are mapped: the fault handler maps those around it that are in the cache already.");

        GuestFile direct = stage.DiskFile("db.log", 16, out _);
        Stage.Ok(direct.Open(process, FileRights.Read, OpenFlags.Direct, out int third));
        Stage.Ok(process.Memory.Map(default, 0x4000, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress buffer));
        Stage.Ok(process.FileDescriptors.ReadTo(third, buffer, 0x4000, out uint got));
        stage.Show(Camera.Cache, Camera.Counters, Camera.Frames);
        stage.Step("Past the cache", $"open(\"db.log\", O_DIRECT); read(…, 16 KB) → {got}",
            $"""
            Databases keep caches of their own, and ask the kernel to stay out. The bytes went from the disk to the buffer;
            {direct.CachedPages.Value} pages of the file are cached.
            """);
    }
}
