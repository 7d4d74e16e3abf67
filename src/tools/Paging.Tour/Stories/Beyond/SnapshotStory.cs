using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Beyond;

/// <summary>A snapshot of a process, and the way back.</summary>
internal static class SnapshotStory
{
    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Process("worker");
        AddressSpace memory = process.Memory;
        Stage.Ok(memory.Map(default, 0x6000, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        for (uint page = 0; page < 6; page++) memory.Mmu.Write(at + (page << 12), page);
        stage.Show(Camera.Mapping(process, at, 6, "data"), Camera.Counters, Camera.Tables(process), Camera.Frames, Camera.Space(process));
        stage.Step("Six pages are written", "write page 0, 1, 2, 3, 4, 5", "Each has a frame of its own, and each entry may be written.");

        using Snapshot snapshot = process.TakeSnapshot();
        stage.Step("A snapshot copies nothing", "process.TakeSnapshot()",
            """
            It is copy on write once more, as after `fork()`: every entry is read-only now, and the snapshot has a use of each frame. That
            took some microseconds, not the time of copying 24 KB.
            """);

        memory.Mmu.Write(at + 0x1000, 0x77u);
        memory.Mmu.Write(at + 0x4000, 0x88u);
        stage.Step("Two pages change", "write page 1, 4",
            $"""
            Two page faults, two copies. The old frames belong to the snapshot alone. {snapshot.DirtyPages.Value} pages differ from it:
            the engine has noted which, and need not look for them.
            """);

        Stage.Ok(memory.Unmap(at + 0x5000, 0x1000));
        stage.Step("An area changes", $"munmap({at.Value + 0x5000:x8}, 4 KB)",
            "What has been agreed belongs to a snapshot as well: areas, rights, the break, open files.");

        Stage.Ok(snapshot.Restore());
        stage.Step("And back", "snapshot.Restore()",
            $"""
            Page 1 reads {memory.Mmu.Read<uint>(at + 0x1000)} again, page 5 is mapped again and reads {memory.Mmu.Read<uint>(at + 0x5000)}.
            The way back costs O(pages that had changed), however large the process is. A fuzzer goes back after each input, thousands of
            times a second.
            """);
    }
}
