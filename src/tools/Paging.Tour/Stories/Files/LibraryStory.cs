using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Programs;

namespace Paging.Tour.Stories.Files;

/// <summary>A shared library in two processes.</summary>
internal static class LibraryStory
{
    public static void Tell(Stage stage)
    {
        UserProcess first = stage.Program("render", out _), second = stage.Program("render", out _);
        Stage.Ok(stage.Find("librender.so", out ProgramImage? image));
        Stage.Ok(stage.Loader.MapLibrary(first, image!, out LoadedLibrary one));
        stage.Show(Camera.Space(first), Camera.Tree(first), Camera.Counters, Camera.Cache);
        stage.Step("A library is mapped", "open(\"librender.so\"); mmap(…)   (for each segment)",
            $"""
            There is no magic in it: private mappings of a file, one for each segment, and a piece of anonymous memory for its BSS. This
            one lies at {one.Range.First.Value << 12:x8}, in the memory mapping segment.
            """);

        Stage.Ok(stage.Loader.MapLibrary(second, image!, out LoadedLibrary two));
        VirtualAddress text = AddressOf(image!, "renderFrame"), count = AddressOf(image!, "frameCount");
        _ = first.Memory.Mmu.Read<uint>(text + one.Bias);
        _ = second.Memory.Mmu.Read<uint>(text + two.Bias);
        stage.Show(Camera.Mapping(Library(first, one.Range), Library(second, two.Range)), Camera.Footprints(first, second), Camera.Counters,
            Camera.Space(second));
        stage.Step("Two programs run its code", "both: call renderFrame",
            $"""
            Both entries lead to the same frames of the page cache, read-only. The code of a library is in memory once, however many
            programs use it, and was read from disk once.
            """);

        GuestFile scene = stage.DiskFile("scene.dat", 2, out _);
        PageWindow left = Tied(first, scene, one.Range), right = Tied(second, scene, two.Range);
        stage.Show(Camera.Mapping(left, right), Camera.Footprints(first, second), Camera.Counters, Camera.Cache);
        stage.Step("Everything together", "both: mmap(…, scene.dat), read it; write to data, heap and stack",
            """
            Two instances of one program, part by part: its code and data, the heap, the file that they draw, the library, the stack.
            Pages of files lead to one frame from both sides; written pages are each process's own. An address does not show which of
            the two it is: the entries do.
            """);

        stage.Show(Camera.Mapping(Library(first, one.Range), Library(second, two.Range)), Camera.Footprints(first, second), Camera.Counters,
            Camera.Space(second));
        int frames = first.Memory.Mmu.Read<int>(count + one.Bias);
        first.Memory.Mmu.Write(count + one.Bias, frames + 36);
        stage.Step("One of them changes a variable", $"first: frameCount = {frames + 36}",
            $"""
            The variable lies in the library's data segment. Each process has a copy of that page since its loader cleared the rest of it,
            where the BSS begins. So the second still reads {second.Memory.Mmu.Read<int>(count + two.Bias)}, and so does the file. Code is
            shared, data is not.
            """);

        second.Exit();
        stage.Step("One of them ends", "second: exit(0)",
            "Its entries are gone, and one use of each shared frame. The frames stay as long as somebody maps them, and longer, as cache.");
    }

    /// <summary>Maps and reads a file, uses code, data, heap and stack, and returns the pages to show.</summary>
    private static PageWindow Tied(UserProcess process, GuestFile scene, PageRange library)
    {
        ProgramExtents program = process.Memory.Program;
        PageNumber code = program.StartCode.Page, data = program.StartData.Page, heap = process.Memory.StartBreak.Page;
        process.Memory.SetBreak(process.Memory.StartBreak + VirtualAddress.PageSize);
        _ = process.Memory.Mmu.Read<uint>(code.Address);
        process.Memory.Mmu.Write(program.StartData, process.Memory.Mmu.Read<uint>(program.StartData));
        process.Memory.Mmu.Write(heap.Address, 1u);
        Stage.Ok(scene.Open(process, FileRights.Read, out int descriptor));
        Stage.Ok(process.Memory.Map(default, 0x2000, MemoryProtection.Read, MapFlags.Private, descriptor, 0, out VirtualAddress at));
        for (uint page = 0; page < 2; page++) _ = process.Memory.Mmu.Read<uint>(at + (page << 12));
        PageNumber top = program.StartStack.Page;
        process.Memory.Mmu.Write(top.Address, 1u);
        return new(process.Id, new(code, PageCount.One), "all its parts")
        {
            More = [new(data, PageCount.One), new(heap, PageCount.One), new(at.Page, new(2)), library, new(top, PageCount.One)],
            Names = [(new(code, PageCount.One), "text"), (new(data, PageCount.One), "data"), (new(heap, PageCount.One), "heap"),
                (new(at.Page, new(2)), "scene.dat"), .. NamesOf(process, library), (new(top, PageCount.One), "stack")],
        };
    }

    private static PageWindow Library(UserProcess process, PageRange library) =>
        new(process.Id, library, "librender.so") { Names = [.. NamesOf(process, library)] };

    /// <summary>The segments of the library, by their rights.</summary>
    private static IEnumerable<(PageRange Range, string Name)> NamesOf(UserProcess process, PageRange library) =>
        process.Memory.Areas.Snapshot().Where(area => area.Range.Intersects(library)).Select(static area => (area.Range,
            area.ObjectId == 0 ? "lib bss" : (area.Protection & MemoryProtection.Execute) != 0 ? "lib text"
                : (area.Protection & MemoryProtection.Write) != 0 ? "lib data" : "lib head"));

    private static VirtualAddress AddressOf(ProgramImage image, string name) =>
        ProgramSymbols.Read(image).First(symbol => string.Equals(symbol.Name, name, StringComparison.Ordinal)).Address;
}
