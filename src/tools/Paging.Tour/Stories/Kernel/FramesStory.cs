using Paging.Core;
using Paging.Native;
using Paging.Pictures.Writing;

namespace Paging.Tour.Stories.Kernel;

/// <summary>Physical memory by the state of its frames.</summary>
internal static class FramesStory
{
    public static void Tell(Stage stage)
    {
        PagingEngine engine = stage.Engine;
        stage.Show(Camera.Frames, Camera.Counters, Camera.Cache);
        stage.Step("RAM after boot", "",
            $"""
            {SvgText.Count(engine.Ram.FrameCount.Value)} frames of 4 KB, and a descriptor for each: the kernel knows the state of every one.
            {SvgText.Count(engine.Frames.CountOf(FrameState.Free).Value)} are free, which means that the buddy allocator may hand them out.
            """);

        UserProcess process = stage.Process("render");
        stage.Step("A process begins", "fork(), execve(…)",
            $"An address space without a page costs one frame: the page directory, in frame {process.Memory.PrepareWalk().Value:x3}.");

        Stage.Ok(process.Memory.Map(default, 40 << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress at));
        for (uint page = 0; page < 40; page++) process.Memory.Mmu.Write(at + (page << 12), page);
        stage.Step("Forty pages are written", "memset(p, 1, 160 KB)",
            $"""
            {engine.Frames.CountOf(FrameState.Anonymous).Value} frames are anonymous: they hold data of a program, and no file knows it. One
            more
            became a page table.
            """);

        GuestFile file = stage.DiskFile("scene.dat", 60, out _);
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        byte[] buffer = new byte[60 << 12];
        Stage.Ok(process.FileDescriptors.Read(descriptor, 0, buffer, out int read));
        stage.Step("A file is read", $"read(scene.dat) → {SvgText.Count(read)}",
            $"""
            {engine.Files.CachedPages.Value} frames hold pages of the file now, in the page cache. The two kinds differ in what happens when
            memory
            is short: these can be dropped and read again, the anonymous ones have nowhere to go but swap.
            """);

        Stage.Ok(process.Memory.Unmap(at, 20 << 12));
        stage.Step("Half is unmapped", $"munmap({at.Value:x8}, 80 KB)",
            "The frames of those pages are free at once. Nobody else mapped them, and no file is after them.");

        process.Exit();
        FrameCount cached = engine.Files.CachedPages;
        stage.Step("The process ends", "exit(0)",
            $"""
            Its anonymous frames, its table and its directory are free. The {cached.Value} cached pages stay: they belong to the
            machine, not to the process.
            """);

        stage.BeginAgain(new EngineOptions { RamBytes = 2UL << 30, Seed = 1 });
        UserProcess large = stage.Process("render");
        Stage.Ok(large.Memory.Map(default, 1 << 20, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out at));
        for (uint page = 0; page < 256; page++) large.Memory.Mmu.Write(at + (page << 12), page);
        stage.Show(Camera.Physical(stage.Engine), Camera.Frames, Camera.Counters);
        stage.Step("A machine of 2 GB", "memset(p, 1, 1 MB)",
            $"""
            The same on {SvgText.Count(stage.Engine.Ram.FrameCount.Value)} frames. Zones are ranges of physical addresses: DMA is what old
            devices reach, Normal is what the kernel maps, HighMem is mapped when it is needed, and pages of programs come from there
            first. On a PC, frames from 000a0000 to 00100000 belong to the BIOS and to devices, and the kernel's own image follows; this
            machine has no BIOS, and its kernel is outside. It keeps the first frame, which is all zeros.
            """);
    }
}
