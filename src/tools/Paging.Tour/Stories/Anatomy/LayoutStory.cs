using Paging.Core;
using Paging.Native;
using Paging.Programs;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>The flexible and the classic layout of an address space.</summary>
internal static class LayoutStory
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous | MapFlags.NoReserve;

    public static void Tell(Stage stage)
    {
        UserProcess flexible = stage.Program("flexible", out ExecutedProgram modern, isRandomized: true);
        flexible.Memory.SetBreak(flexible.Memory.StartBreak + 0x21000);
        flexible.Memory.Mmu.Write(flexible.Memory.StartBreak, 1u);
        stage.Show(Camera.Layout(flexible, modern.MmapBase), Camera.Space(flexible), Camera.Counters, Camera.Frames,
            Camera.Tables(flexible));
        stage.Step("A program is loaded", "execve(\"/bin/flexible\"); brk(+132 KB)",
            $"""
            The loader has mapped the program's file at the bottom of the user's 3 GB, and a stack at the top. Between them lies almost
            everything: of the 4 GB only a few thin lines are in use. Three gaps are left to chance: above the stack, below its room, and
            before the heap.

            Mappings will be placed below `{modern.MmapBase.Value:x8}`, growing towards lower addresses. The room above that is kept
            free for a stack of up to 8 MB.
            """);

        Stage.Ok(flexible.Memory.Map(default, 256 << 20, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress first));
        Stage.Ok(flexible.Memory.Map(default, 512 << 20, MemoryProtection.ReadWrite | MemoryProtection.Execute, Anonymous,
            out VirtualAddress second));
        stage.Step("Two large mappings, in the flexible layout", "mmap(NULL, 256 MB, …)\nmmap(NULL, 512 MB, …)",
            $"""
            The first is placed at `{first.Value:x8}`, directly below the room for the stack, and the second below it, at
            `{second.Value:x8}`.
            The heap grows upwards from far below. The two meet only when nearly 3 GB are in use: the first to need the space gets it.

            (The second may also be executed: with equal rights the two would be one area.)
            """);

        UserProcess classic = stage.Program("classic", out ExecutedProgram old, AddressLayout.Classic);
        stage.Show(Camera.Spaces((flexible, "flexible"), (classic, "classic")), Camera.Layout(classic, old.MmapBase),
            Camera.Space(classic), Camera.Counters, Camera.Frames);
        stage.Step("The same program in the classic layout", "setarch --addr-compat-layout classic",
            $"""
            Without a usable limit of the stack (`ulimit -s unlimited`) Linux falls back to the layout of old: mappings begin at a third of
            the user space, `{old.MmapBase.Value:x8}`, and grow upwards.
            """);

        Stage.Ok(classic.Memory.Map(default, 256 << 20, MemoryProtection.ReadWrite, Anonymous, out VirtualAddress third));
        Stage.Ok(classic.Memory.Map(default, 512 << 20, MemoryProtection.ReadWrite | MemoryProtection.Execute, Anonymous,
            out VirtualAddress fourth));
        stage.Step("The same two mappings", "mmap(NULL, 256 MB, …)\nmmap(NULL, 512 MB, …)",
            $"""
            Here the first lies at `{third.Value:x8}` and the second above it, at `{fourth.Value:x8}`. The heap below can never become
            larger than {(third.Value - classic.Memory.StartBreak.Value) >> 20} MB, however much is free elsewhere: that is why the
            classic layout is only a fallback.
            """);
    }
}
