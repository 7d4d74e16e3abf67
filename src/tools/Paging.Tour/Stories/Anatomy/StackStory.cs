using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Programs;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>A stack grows by page faults, up to its limit, and never shrinks.</summary>
internal static class StackStory
{
    private const ulong Limit = 256 << 10;

    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Program("deep", out ExecutedProgram program);
        process.Memory.SetLimit(ResourceLimit.Stack, Limit);
        AreaSnapshot stack = StackOf(process);
        VirtualAddress top = program.StackPointer;
        Show(stage, process, stack, new AddressMark(top, "the stack pointer"));
        stage.Step("A stack, as a program finds it", $"ulimit -s {Limit >> 10}",
            $"""
            The stack's area has {stack.Range.Count.Value} pages, of which those with arguments and environment are present. The
            stack pointer is {top.Value:x8}. For this story the limit is {Limit >> 10} KB instead of the usual 8 MB.
            """);

        VirtualAddress below = stack.Range.First.Address - 16;
        process.Memory.Mmu.Write(below, 1u);
        AreaSnapshot grown = StackOf(process);
        Show(stage, process, stack, new AddressMark(below, "a push: the area grows"));
        stage.Step("A push below the area", $"write {below.Value:x8}",
            $"""
            No area covers the address. The next area above may grow down, the address is within the limit, and so `expand_stack()` moves
            the area's start: {grown.Range.Count.Value} pages now. Then the fault is served like any other. The program has noticed nothing.
            """);

        uint deepest = below.Value;
        long faults = stage.Engine.Faults.Minor;
        for (uint depth = 0; depth < 12; depth++)
        {
            deepest -= 0x1000;
            process.Memory.Mmu.Write(new(deepest), depth);
        }

        Show(stage, process, stack, new AddressMark(new(deepest), "the twelfth call"));
        stage.Step("A function calls itself twelve times", $"write {deepest:x8}",
            $"""
            Each call needs another page and each first touch faults: {stage.Engine.Faults.Minor - faults} faults, and as many frames. The
            area has {StackOf(process).Range.Count.Value} pages.
            """);

        uint beyond = top.Value - (uint)Limit - 0x8000;
        _ = process.Memory.Mmu.TryWrite(new(beyond), 1u, out MemoryFault fault);
        Show(stage, process, stack, new AddressMark(new(beyond), "a push: SIGSEGV", fault.IsFault));
        stage.Step("Beyond the limit", $"write {beyond:x8} → {(fault.IsFault ? "SIGSEGV" : "done")}",
            $"""
            `acct_stack_growth()` compares with RLIMIT_STACK and says no. The access is one to unmapped memory like any other
            ({Stage.SignalOf(fault)}): a stack overflow is a segmentation fault.
            """);

        uint present = Present(process);
        process.Memory.Mmu.Write(top - 64, 1u);
        Show(stage, process, stack, new AddressMark(top - 64, "the top is used again"));
        stage.Step("All calls return", $"write {top.Value - 64:x8}",
            $"""
            The program uses the top of its stack again. The area has kept its {StackOf(process).Range.Count.Value} pages and its
            {present} frames: a stack only grows.
            """);
    }

    /// <summary>The pictures of each step: the stack with the address in question, and the machine.</summary>
    private static void Show(Stage stage, UserProcess process, AreaSnapshot stack, AddressMark mark) =>
        stage.Show(Camera.Stack(process, stack.Range.End, Limit, mark), Camera.Counters,
            Camera.Tables(process, new(stack.Range.First, new(400))), Camera.Frames, Camera.Space(process));

    private static AreaSnapshot StackOf(UserProcess process) => process.Memory.Areas.Snapshot().Single(static area => area.GrowsDown);

    private static uint Present(UserProcess process)
    {
        AreaSnapshot stack = StackOf(process);
        uint present = 0;
        for (PageNumber page = stack.Range.First; page < stack.Range.End; page++)
            if (process.Memory.ReadPagemap(page).IsPresent) present++;
        return present;
    }
}
