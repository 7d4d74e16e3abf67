using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;

namespace Paging.Tour.Stories.Files;

/// <summary>Private and shared mappings of one file, and copy on write.</summary>
internal static class CopyStory
{
    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 2 << 20, Seed = 1, ReadAheadPages = 0 });
        GuestFile file = stage.DiskFile("scene.dat", 3, out _);
        UserProcess render = stage.Process("render"), second = stage.Process("render3d"), editor = stage.Process("editor");
        VirtualAddress ours = Map(file, render, MapFlags.Private), theirs = Map(file, second, MapFlags.Private),
            shared = Map(file, editor, MapFlags.Shared);
        stage.Show(Camera.Mapping(Camera.Window(render, ours, 3, "private"), Camera.Window(second, theirs, 3, "private"), file),
            Camera.Tables(render), Camera.Counters, Camera.Cache, Camera.Frames);
        for (uint page = 0; page < 3; page++)
        {
            _ = render.Memory.Mmu.Read<uint>(ours + (page << 12));
            _ = second.Memory.Mmu.Read<uint>(theirs + (page << 12));
        }

        stage.Step("Two private mappings of one file", "render, render3d: mmap(…, PROT_READ|PROT_WRITE, MAP_PRIVATE, scene.dat); read",
            """
            Both areas may be written, and yet every entry is read-only. It is a trick: as long as nobody writes, both can share the frames
            of the page cache. Private refers to changes only.
            """);

        MachineView before = stage.Look();
        bool mayWrite = before.SpaceOf(render.Id)!.EntryOf((ours + 0x1000).Page).Entry.IsWritable;
        render.Memory.Mmu.Write(ours + 0x1000, 99u);
        MachineView after = stage.Look();
        stage.Show(look => StagesFigure.Draw(
            [("Shared", "both only read", before), ("A write", mayWrite ? "is allowed" : "faults", before),
                ("Copied", "own frame, rw", after)],
            render.Id, second.Id, ((ours + 0x1000).Page, (theirs + 0x1000).Page)),
            Camera.Mapping(Camera.Window(render, ours, 3, "private"), Camera.Window(second, theirs, 3, "private"), file),
            Camera.Tables(render), Camera.Counters, Camera.Cache, Camera.Frames);
        stage.Step("render writes", $"render: write {ours.Value + 0x1000:x8}",
            """
            The entry refuses, the area allows: so the page is copied now, to an anonymous frame of render's own, with a writable entry.
            The neighbours still share. The file and render3d have noticed nothing.
            """);

        stage.Show(Camera.Mapping(Camera.Window(render, ours, 3, "private"), Camera.Window(second, theirs, 3, "private"), file),
            Camera.Tables(render), Camera.Counters, Camera.Cache, Camera.Frames);
        Stage.Ok(editor.Memory.Mmu.TryWrite(shared + 0x2000, 77u) ? Errno.None : Errno.EFAULT);
        Stage.Ok(editor.Memory.Mmu.TryWrite(shared + 0x1000, 78u) ? Errno.None : Errno.EFAULT);
        uint unread = render.Memory.Mmu.Read<uint>(ours + 0x2000), copied = render.Memory.Mmu.Read<uint>(ours + 0x1000);
        stage.Step("Somebody changes the file",
            $"editor: write pages 1 and 2 of a shared mapping\nrender: page 2 → {unread}, page 1 → {copied}",
            $"""
            render sees the change of page 2, which it has only read: {unread}. Of page 1 it has a copy, and still reads {copied}. POSIX
            leaves this open; on x86 Linux it is so, because of how the mechanism works.
            """);

        stage.Show(Camera.Mapping(Camera.Window(render, ours, 3, "private"), Camera.Window(editor, shared, 3, "shared"), file),
            Camera.Tables(editor), Camera.Counters, Camera.Cache, Camera.Frames);
        stage.Step("The shared mapping beside the private one", "editor: mmap(…, MAP_SHARED, scene.dat)",
            "A shared mapping has no copies. Its entries lead to the page cache, writable, and the pages it has written are dirty.");

        Stage.Ok(editor.Memory.Synchronize(shared, 0x3000, SyncFlags.Sync));
        stage.Step("Its changes reach the disk", $"editor: msync({shared.Value:x8}, 12 KB, MS_SYNC)",
            """
            The dirty pages are written, and the editor's entries are read-only until the next write, which must be noticed. Nothing of
            render's copy will ever be written: it goes when render ends.
            """);

        Stage.Ok(render.Memory.Protect(ours, 0x1000, MemoryProtection.Read));
        bool isDone = render.Memory.Mmu.TryWrite(ours, 1u, out MemoryFault refused);
        stage.Step("Read-only is something else",
            $"render: mprotect({ours.Value:x8}, 4 KB, PROT_READ); write → {(isDone ? "done" : Stage.SignalOf(refused))}",
            """
            The entry of the first page looks as before: read-only, as those of the neighbours. But now the area does not allow a write
            either, so the same fault ends in a signal, and nothing is copied. The entry says what the processor may do, the area says what
            was agreed.
            """);
    }

    private static VirtualAddress Map(GuestFile file, UserProcess process, MapFlags flags)
    {
        Stage.Ok(file.Open(process, FileRights.ReadWrite, out int descriptor));
        Stage.Ok(process.Memory.Map(default, 0x3000, MemoryProtection.ReadWrite, flags, descriptor, 0, out VirtualAddress at));
        return at;
    }
}
