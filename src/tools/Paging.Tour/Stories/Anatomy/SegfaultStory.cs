using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Writing;
using Paging.Programs;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>The three ways to a segmentation fault.</summary>
internal static class SegfaultStory
{
    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Program("wild", out ExecutedProgram program);
        Mmu mmu = process.Memory.Mmu;
        List<AddressMark> marks = [];
        Show(stage, process, marks);
        stage.Step("What may be touched", "cat /proc/self/maps",
            """
            The areas are the contract between the program and the kernel. No agreement covers what lies between them.
            """);

        VirtualAddress hole = new(0x3000_0000);
        AreaSnapshot above = process.Memory.Areas.Snapshot().First(area => area.Range.First > hole.Page);
        ulong gap = (ulong)(above.Range.First.Value - hole.Page.Value) << 12, limit = process.Memory.GetLimit(ResourceLimit.Stack);
        _ = mmu.TryRead(hole, out uint _, out MemoryFault first);
        marks.Add(new(hole, "read: SIGSEGV, no area", first.IsFault));
        Show(stage, process, marks);
        stage.Step("By a hole", $"read {hole.Value:x8} → {Stage.SignalOf(first)}",
            $"""
            The processor finds no entry in the directory and faults. `find_vma()` finds no area that covers the address. The next one
            above is the stack, which may grow down; but it begins {SvgText.Bytes(gap)} higher, and its limit is {SvgText.Bytes(limit)}. No
            frame has moved; the counter of refused faults has.
            """);

        _ = mmu.TryWrite(program.ProgramEntry, (byte)0x90, out MemoryFault second);
        marks.Add(new(program.ProgramEntry, "write: SIGSEGV, no right", second.IsFault));
        Show(stage, process, marks);
        stage.Step("By a right", $"write {program.ProgramEntry.Value:x8} → {Stage.SignalOf(second)}",
            """
            Here is an area, with the rights r-x. The access is a write, the area has no such right, and the contract does not cover it.
            What the page table says does not matter any more.
            """);

        VirtualAddress kernel = new(0xC000_0000);
        _ = mmu.TryRead(kernel, out uint _, out MemoryFault third);
        marks.Add(new(kernel, "read: SIGSEGV, the kernel's", third.IsFault));
        Show(stage, process, marks);
        stage.Step("By an address of the kernel", $"read {kernel.Value:x8} → {Stage.SignalOf(third)}",
            """
            There is even an entry, and it is present; but it is the kernel's. The processor reports an access of user mode, and the
            kernel refuses it without a look at any area.
            """);

        uint value = mmu.Read<uint>(program.ProgramEntry);
        marks.Add(new(program.ProgramEntry, $"read: {value:x8}"));
        Show(stage, process, marks);
        stage.Step("And one that is fine", $"read {program.ProgramEntry.Value:x8} → {value:x8}",
            """
            The first read of the code faults as well. There is an area, it has the right, and so this fault ends in an entry instead of
            a signal. To the processor all four were page faults; the kernel decides which of them end a program.
            """);
    }

    private static void Show(Stage stage, UserProcess process, List<AddressMark> marks) =>
        stage.Show(Camera.Space(process, [.. marks]), Camera.Counters, Camera.Tables(process), Camera.Frames);
}
