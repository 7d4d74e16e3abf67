using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Files;

/// <summary>render maps scene.dat instead of reading it.</summary>
internal static class MapStory
{
    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 2 << 20, Seed = 1, ReadAheadPages = 0, FaultAroundPages = 1 });
        GuestFile file = stage.DiskFile("scene.dat", 20, out _);
        UserProcess process = stage.Process("render");
        AddressSpace memory = process.Memory;
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        Stage.Ok(memory.Map(default, 20 << 12, MemoryProtection.Read, MapFlags.Shared, descriptor, 0, out VirtualAddress at));
        stage.Show(Camera.Mapping(process, at, 6, "scene.dat", file), Camera.Cache, Camera.Counters, Camera.Space(process), Camera.Frames);
        stage.Step("The file is mapped", "p = mmap(NULL, 80 KB, PROT_READ, MAP_SHARED, scene.dat)",
            """
            An area, and nothing else. The file has not been read, and the call has taken no time to speak of. Read-ahead and fault-around
            are off in this story, so that each page comes by itself.
            """);

        _ = memory.Mmu.Read<uint>(at);
        stage.Step("The first touch", $"read {at.Value:x8}",
            """
            A fault; the area has a file, the page is not cached, so it is read from disk. Then the entry leads to the frame of the page
            cache itself. There is no second copy.
            """);

        uint third = memory.Mmu.Read<uint>(at + 0x2000);
        stage.Step("On demand, page by page", $"read {at.Value + 0x2000:x8} → {third}",
            $"Pages come as they are touched, in any order. {file.CachedPages.Value} of 20 are in memory, and as many are mapped.");

        UserProcess other = stage.Process("render2");
        Stage.Ok(file.Open(other, FileRights.Read, out int second));
        Stage.Ok(other.Memory.Map(default, 20 << 12, MemoryProtection.Read, MapFlags.Shared, second, 0, out VirtualAddress there));
        _ = other.Memory.Mmu.Read<uint>(there);
        _ = other.Memory.Mmu.Read<uint>(there + 0x2000);
        stage.Show(Camera.Mapping(Camera.Window(process, at, 4, "scene.dat"), Camera.Window(other, there, 4, "scene.dat"), file),
            Camera.Cache, Camera.Counters, Camera.Space(other), Camera.Frames);
        stage.Step("A second instance", "render2: mmap(…); read; read",
            $"""
            Two more faults, minor ones: the pages were there, only the entries were missing. Both programs look at the same frames. The
            disk has been asked {stage.Engine.Files.CacheCounters.PagesRead} times in all.
            """);
    }
}
