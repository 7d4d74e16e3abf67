using Paging.Core;
using Paging.Native;
using Paging.Pictures.Writing;

namespace Paging.Tour.Stories.Files;

/// <summary>The meaning of rss, pss and shared.</summary>
internal static class FiguresStory
{
    public static void Tell(Stage stage)
    {
        GuestFile file = stage.DiskFile("libcommon.so", 12, out _);
        UserProcess server = stage.Process("server");
        Stage.Ok(file.Open(server, FileRights.Read, out int descriptor));
        Stage.Ok(server.Memory.Map(default, 12 << 12, MemoryProtection.Read, MapFlags.Private, descriptor, 0, out VirtualAddress code));
        Stage.Ok(server.Memory.Map(default, 64 << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress data));
        stage.Show(Camera.Footprints(server), Camera.Space(server), Camera.Counters, Camera.Frames);
        stage.Step("Size is not use", "mmap(…, 48 KB, libcommon.so)\nmmap(…, 256 KB)",
            $"""
            The process has agreed on {SvgText.Bytes(server.Memory.Usage.Total.Bytes)}, and uses
            {SvgText.Bytes(server.Memory.Usage.Resident.Bytes)}.
            The size that tools call VSZ says what it could touch, not what it costs.
            """);

        for (uint page = 0; page < 12; page++) _ = server.Memory.Mmu.Read<uint>(code + (page << 12));
        for (uint page = 0; page < 6; page++) server.Memory.Mmu.Write(data + (page << 12), page);
        stage.Step("Resident", "read the library, write 24 KB",
            $"""
            rss counts the frames that its entries lead to: {SvgText.Bytes(server.Memory.Footprint.Resident)}. As nobody else maps any of
            them, pss and private memory are the same.
            """);

        UserProcess child = server.Fork();
        child.Name = "child";
        stage.Show(Camera.Footprints(server, child), Camera.Mapping(Camera.Window(server, data, 7, "data"),
            Camera.Window(child, data, 7, "data")), Camera.Counters, Camera.Frames);
        stage.Step("After fork", "fork()",
            $"""
            The child has an rss of {SvgText.Bytes(child.Memory.Footprint.Resident)}: the entries of anonymous memory were copied, those of
            the file can be made again by a fault. No frame but those of page tables was taken, so adding up rss counts frames twice.

            pss divides each frame by its users, {SvgText.Bytes(server.Memory.Footprint.Proportional)} for the parent and
            {SvgText.Bytes(child.Memory.Footprint.Proportional)} for the child, and these figures can be added.
            """);

        for (uint page = 0; page < 2; page++) child.Memory.Mmu.Write(data + (page << 12), 100 + page);
        stage.Step("The child writes two pages", "child: write …",
            $"""
            {stage.Engine.Faults.Copied} copies on write. The child alone holds {SvgText.Bytes(child.Memory.Footprint.Unique)}, which is
            what its end would give back; {SvgText.Bytes(child.Memory.Footprint.Shared)} of its pages are shared.
            """);

        child.Exit();
        stage.Step("The child ends", "child: exit(0)",
            $"""
            The parent's rss has not changed. Its pss has: it is {SvgText.Bytes(server.Memory.Footprint.Proportional)}, because the parent
            shares with nobody now. Its entries stay read-only until the next write, which will find that there is nothing to copy.
            """);
    }
}
