using System.Text;
using Paging.Core;
using Paging.Core.Files;

namespace Paging.Tour.Stories.Files;

/// <summary>write, write-back, fsync, and a crash in between.</summary>
internal static class WriteStory
{
    public static void Tell(Stage stage)
    {
        GuestFile file = stage.DiskFile("ledger.db", 8, out MemoryBacking disk);
        UserProcess process = stage.Process("bank");
        Stage.Ok(file.Open(process, FileRights.ReadWrite, out int descriptor));
        stage.Show(Camera.Cache, Camera.Counters, Camera.Frames);
        stage.Step("A file on a disk", "fd = open(\"ledger.db\", O_RDWR)", "Eight pages, none of them in memory.");

        byte[] entry = Encoding.ASCII.GetBytes("paid 100");
        Stage.Ok(process.FileDescriptors.Write(descriptor, 0, entry, out int written));
        Stage.Ok(process.FileDescriptors.Write(descriptor, 0x3000, entry, out _));
        stage.Step("Two writes", $"pwrite(fd, \"paid 100\", 8, 0) → {written}\npwrite(fd, \"paid 100\", 8, 12288) → {written}",
            $"""
            Both return at once. The bytes were copied to the page cache and the pages marked dirty: {file.DirtyPages.Value} of them. The
            disk still holds {Quoted(disk, 0)}.
            """);

        Stage.Ok(process.FileDescriptors.Synchronize(descriptor));
        stage.Step("fsync", "fsync(fd) → 0",
            $"""
            Now the program waits: the dirty pages are written, and only then does the call return. The disk says {Quoted(disk, 0)}. The
            pages stay in the cache, clean.
            """);

        byte[] second = Encoding.ASCII.GetBytes("paid 250");
        Stage.Ok(process.FileDescriptors.Write(descriptor, 0, second, out _));
        byte[] now = new byte[8];
        Stage.Ok(process.FileDescriptors.Read(descriptor, 0, now, out _));
        stage.Step("Another write, and no fsync", $"pwrite(fd, \"paid 250\", 8, 0) → 8\npread(fd) → \"{Encoding.ASCII.GetString(now)}\"",
            $"Every program on this machine reads the new value, from the cache. The disk says {Quoted(disk, 0)}.");

        MemoryBacking survived = new(disk.Content, disk.CapacityByteLength);
        GuestFile after = stage.Shown(stage.Engine.Files.CreateFile("ledger.db after the crash", survived));
        UserProcess next = stage.Process("bank2");
        Stage.Ok(after.Open(next, FileRights.Read, out int again));
        byte[] found = new byte[8];
        Stage.Ok(next.FileDescriptors.Read(again, 0, found, out _));
        stage.Step("The power fails", $"(a copy of the disk, mounted again)\npread(fd) → \"{Encoding.ASCII.GetString(found)}\"",
            $"""
            A machine that starts from what the disk held reads "{Encoding.ASCII.GetString(found)}". The first payment was followed by
            `fsync()` and is there. The second was only in memory, and is lost.
            """);

        int ticks = 0;
        while (file.DirtyPages.Value != 0 && ticks++ < 1000) stage.Engine.RunBackground(64);
        stage.Step("Without a crash, write-back would have come", "(background write-back)",
            $"The kernel writes old dirty pages by itself, sooner or later: {file.DirtyPages.Value} are dirty, and the "
                + $"disk says {Quoted(disk, 0)}.");

        LyingDisk liar = new(8 << 12);
        GuestFile lies = stage.Shown(stage.Engine.Files.CreateFile("lies.db", liar));
        UserProcess third = stage.Process("bank3");
        Stage.Ok(lies.Open(third, FileRights.ReadWrite, out int last));
        Stage.Ok(third.FileDescriptors.Write(last, 0, Encoding.ASCII.GetBytes("paid 300"), out _));
        Errno flushed = third.FileDescriptors.Synchronize(last);
        stage.Step("A disk that lies", $"pwrite(fd, \"paid 300\", 8, 0); fsync(fd) → {(int)flushed}; the power fails",
            $"""
            This disk has a cache of its own, and acknowledges a flush that it has not done, to look fast. `fsync()` has returned
            {(int)flushed}, every page is clean, and the platter holds {Quoted(liar.Platter, 0)}. No program and no kernel can do better; a
            disk with a battery, or one whose cache is switched off, can.
            """);
    }

    private static string Quoted(MemoryBacking disk, int offset)
    {
        ReadOnlySpan<byte> bytes = disk.Content.Slice(offset, 8);
        foreach (byte letter in bytes)
            if (letter is < 0x20 or > 0x7E) return "none of it";
        return $"\"{Encoding.ASCII.GetString(bytes)}\"";
    }
}
