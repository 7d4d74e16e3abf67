using Paging.Core;
using Paging.Native;
using Paging.Programs;

namespace Paging.Tour.Stories.Kernel;

/// <summary>The memory descriptor, and the areas as a list and as a red-black tree.</summary>
internal static class DescriptorStory
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Program("gonzo", out ExecutedProgram program);
        AddressSpace memory = process.Memory;
        stage.Show(Camera.Descriptors(process), Camera.Layout(process, program.MmapBase), Camera.Tree(process), Camera.Space(process),
            Camera.Counters);
        stage.Step("What the kernel writes down about a process", "execve(\"/bin/gonzo\")",
            $"""
            `task_struct` is the process; its field `mm` leads to the memory descriptor, `mm_struct`. There stand the borders of the
            segments, how many pages were agreed ({memory.Usage.Total.Value}), how many are resident ({memory.Usage.Resident.Value}), the
            areas, and in `pgd` the frame of the page directory.
            """);

        stage.Show(Camera.Tree(process), Camera.Descriptors(process), Camera.Layout(process, program.MmapBase), Camera.Space(process),
            Camera.Counters);
        GuestFile file = stage.DiskFile("scene.dat", 16, out _);
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        Stage.Ok(memory.Map(default, 0x10000, MemoryProtection.Read, MapFlags.Private, descriptor, 0, out VirtualAddress mapped));
        Stage.Ok(memory.Map(default, 0x8000, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress anonymous));
        stage.Step("Two mappings, two areas",
            "mmap(NULL, 64 KB, PROT_READ, MAP_PRIVATE, scene.dat)\nmmap(NULL, 32 KB, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS)",
            $"""
            One maps a file, at {mapped.Value:x8}; the other, at {anonymous.Value:x8}, is anonymous. Each is a node of the red-black tree,
            in which the kernel finds the area of an address in a few steps, and each stands in the list, which `/proc/PID/maps` prints.

            Since 6.1 Linux keeps the areas in a maple tree, a B-tree of ranges, which replaces both the tree and the list. This engine
            keeps the article's pair; what a program sees is the same.
            """);

        int before = memory.Areas.Count;
        Stage.Ok(memory.Map(default, 0x4000, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress next));
        stage.Step("A neighbour that agrees is joined", "mmap(NULL, 16 KB, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS)",
            $"""
            The new mapping lies at {next.Value:x8}, directly below the anonymous one, with the same rights. Before the call there were
            {before} areas, now there are {memory.Areas.Count}: the kernel has extended the area instead of making another.
            """);

        Stage.Ok(memory.Protect(anonymous + 0x2000, 0x2000, MemoryProtection.Read));
        stage.Step("Other rights in the middle", $"mprotect({anonymous.Value + 0x2000:x8}, 8 KB, PROT_READ)",
            $"""
            An area has one set of rights, so this one is cut in three: {memory.Areas.Count} areas. The tree has been balanced again: no red
            node has a red child, and every way down passes as many black ones.
            """);

        Stage.Ok(memory.Protect(anonymous + 0x2000, 0x2000, MemoryProtection.ReadWrite));
        stage.Step("And the same rights again", $"mprotect({anonymous.Value + 0x2000:x8}, 8 KB, PROT_READ|PROT_WRITE)",
            $"The three agree on everything once more, and are one area: {memory.Areas.Count} in all.");
    }
}
