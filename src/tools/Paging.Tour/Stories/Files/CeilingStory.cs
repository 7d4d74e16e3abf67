using Paging.Core;
using Paging.Core.Files;
using Paging.Native;
using Paging.Pictures.Writing;

namespace Paging.Tour.Stories.Files;

/// <summary>The page cache outlives its readers, fills RAM, and gives way.</summary>
internal static class CeilingStory
{
    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 1 << 20, Seed = 1 });
        PagingEngine engine = stage.Engine;
        GuestFile scene = stage.DiskFile("scene.dat", 60, out _);
        byte[] large = new byte[320 << 12];
        GuestFile film = stage.Shown(engine.Files.CreateFile("film.avi", new MemoryBacking(large, large.Length)));
        stage.Show(Camera.Frames, Camera.Counters, Camera.Cache);
        ReadAll(stage, "render", scene);
        stage.Step("render has read its file and exits", "read(scene.dat, 240 KB); exit(0)",
            $"""
            No process is left, and no address space maps the file. Its {scene.CachedPages.Value} pages are still in memory: why
            throw away what somebody may want next?
            """);

        long read = engine.Files.CacheCounters.PagesRead;
        ReadAll(stage, "render", scene);
        stage.Step("A week later", "read(scene.dat, 240 KB); exit(0)",
            $"The second run has read {engine.Files.CacheCounters.PagesRead - read} pages from disk. Everything came from the cache.");

        UserProcess player = stage.Process("player");
        Stage.Ok(film.Open(player, FileRights.Read, out int descriptor));
        byte[] buffer = new byte[16 << 12];
        for (long offset = 0; offset < film.ByteLength; offset += buffer.Length) Stage.Ok(player.FileDescriptors.Read(descriptor, offset,
            buffer,
            out _));
        (EngineFiles files, EngineFrames frames) = (engine.Files, engine.Frames);
        stage.Step("A file larger than memory", "read(film.avi, 1280 KB)",
            $"""
            The cache grows until it reaches the ceiling: {files.CachedPages.Value} of {engine.Ram.FrameCount.Value} frames, and
            {frames.CountOf(FrameState.Free).Value} free ones. From then on each new page takes the place of the one that has been idle
            longest. It looks as if memory were full. It is well used.
            """);

        Stage.Ok(player.Memory.Map(default, 120 << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress at));
        for (uint page = 0; page < 120; page++) player.Memory.Mmu.Write(at + (page << 12), page);
        stage.Step("A program needs memory", "p = malloc(480 KB); memset(p, …)",
            $"""
            The cache gives way: {files.CachedPages.Value} cached pages are left. Nothing had to be written, for clean pages can be read
            again, so the program hardly waits. {SvgText.Count(engine.Reclaimed.Reclaimed)} frames have been reclaimed so far. The film
            pays: its pages were used once, those of scene.dat twice, and {scene.CachedPages.Value} of them are still here.
            """);
    }

    private static void ReadAll(Stage stage, string name, GuestFile file)
    {
        UserProcess process = stage.Process(name);
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        byte[] buffer = new byte[file.ByteLength];
        Stage.Ok(process.FileDescriptors.Read(descriptor, 0, buffer, out _));
        process.Exit();
    }
}
