using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Programs;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>The threads of a process share its address space, and each has a stack of its own in it.</summary>
/// <remarks>glibc: nptl/allocatestack.c allocate_stack, setup_stack_prot. pthread_create(3), clone(2).</remarks>
internal static class ThreadStory
{
    private const uint StackBytes = 8 << 20, GuardBytes = 0x1000;

    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 16 << 20, Seed = 1, AllowThreads = true });
        UserProcess process = stage.Program("server", out ExecutedProgram program);
        AddressSpace memory = process.Memory;
        memory.SetLimit(ResourceLimit.Stack, StackBytes);
        AddressMark main = new(program.StackPointer, "stack pointer of the program");
        stage.Show(Camera.Space(process, main), Camera.Tables(process), Camera.Counters);
        stage.Step("One thread, one stack", "execve(\"/bin/server\")",
            $"""
            A new process has one thread. Its stack was made by the kernel, at the top of user space; its pointer is
            {program.StackPointer.Value:x8}. Another thread cannot use the same stack: each has calls of its own to return from.
            """);

        Stage.Ok(memory.Map(default, StackBytes, MemoryProtection.None, MapFlags.Private | MapFlags.Anonymous | MapFlags.Stack,
            out VirtualAddress first));
        Stage.Ok(memory.Protect(first + GuardBytes, StackBytes - GuardBytes, MemoryProtection.ReadWrite));
        AddressMark guard = new(first, "guard page");
        stage.Show(Camera.Space(process, main, guard), Camera.Tables(process), Camera.Counters);
        stage.Step("pthread_create() makes a stack",
            $"mmap(NULL, 8 MB, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK) → {first.Value:x8}\n"
                + $"mprotect({first.Value + GuardBytes:x8}, 8 MB − 4 KB, PROT_READ|PROT_WRITE)",
            $"""
            The C library asks for an ordinary mapping, as large as RLIMIT_STACK, in the memory mapping segment. The lowest page keeps no
            right at all: the guard page. To the kernel these are two areas like any others; MAP_STACK means nothing to it, and neither
            may grow. {Present(process, first)} of {StackBytes >> 12:#,0} pages are present.
            """);

        stage.OnThread(process, "first thread", () => Push(process, first, count: 3));
        AddressMark firstPointer = PointerOf(first, "first", count: 3);
        stage.Show(Camera.Space(process, main, firstPointer, guard), Stacks(process, "the first thread's stack", first),
            Camera.Tables(process, new((first + (StackBytes - 0x4000)).Page, new(4))), Camera.Counters);
        stage.Step("The first thread runs", $"clone(CLONE_VM|CLONE_THREAD|…, stack = {first.Value + StackBytes:x8})",
            $"""
            The new thread has the same address space, with the same page tables: cr3 stays {memory.PrepareWalk().Address.Value:x8}.
            Only its registers are its own, and one of them is the stack pointer. It has called three functions, and
            {Present(process, first)} pages of its stack are present. So 8 MB of addresses cost {Present(process, first) * 4} KB of RAM.
            """);

        Stage.Ok(memory.Map(default, StackBytes, MemoryProtection.None, MapFlags.Private | MapFlags.Anonymous | MapFlags.Stack,
            out VirtualAddress second));
        Stage.Ok(memory.Protect(second + GuardBytes, StackBytes - GuardBytes, MemoryProtection.ReadWrite));
        stage.OnThread(process, "second thread", () => Push(process, second, count: 1));
        AddressMark secondPointer = PointerOf(second, "second", count: 1), secondGuard = new(second, "guard page");
        stage.Show(Camera.Space(process, main, firstPointer, guard, secondPointer, secondGuard),
            Stacks(process, "the second thread's stack", second), Stacks(process, "the first thread's stack", first), Camera.Counters);
        stage.Step("A second thread", $"mmap(…) → {second.Value:x8}; mprotect(…); clone(…)",
            $"""
            Its stack lies directly below the other one, and between the two lies the guard page at {first.Value:x8}. With 3 GB of user
            space there is room for fewer than {(3UL << 30) / StackBytes} threads with stacks of 8 MB.
            """);

        uint value = 0;
        VirtualAddress local = first + (StackBytes - 0x10);
        stage.OnThread(process, "second thread", () => value = memory.Mmu.Read<uint>(local));
        stage.Show(Camera.Space(process, main, new(local, "read by the second thread"), firstPointer, guard, secondPointer, secondGuard),
            Stacks(process, "the first thread's stack", first), Stacks(process, "the second thread's stack", second), Camera.Counters);
        stage.Step("A stack is not a secret", $"second thread: *(int *){local.Value:x8} → {value:x}",
            """
            Each thread has its own stack, but none has its own memory: a pointer to a local variable of one thread works in all of them.
            Only processes are kept apart.
            """);

        MemoryFault fault = default;
        VirtualAddress beyond = first + (GuardBytes - 16);
        stage.OnThread(process, "first thread", () => _ = memory.Mmu.TryWrite(beyond, 1u, out fault));
        stage.Show(Camera.Space(process, main, new(beyond, "push of the first: SIGSEGV", fault.IsFault), secondPointer, secondGuard),
            Camera.Counters, Stacks(process, "the first thread's stack", first), Stacks(process, "the second thread's stack", second));
        stage.Step("Too deep a recursion", $"first thread: write {beyond.Value:x8} → {(fault.IsFault ? "SIGSEGV" : "done")}",
            $"""
            Calls that have used up all 8 MB meet the guard page with their next push ({Stage.SignalOf(fault)}). Without it, the
            write would land in the second thread's stack, unnoticed. Such a stack does not grow: only the one that the
            kernel has made does.
            """);
    }

    private static StoryCamera Stacks(UserProcess process, string title, VirtualAddress start) =>
        Camera.Mapping(process, start + (StackBytes - 0x4000), 4, title);

    private static AddressMark PointerOf(VirtualAddress start, string thread, uint count) =>
        new(start + (StackBytes - 0x10 - ((count - 1) << 12)), $"stack pointer of the {thread}");

    /// <summary>Writes a word to each of the highest pages of a stack, from the top.</summary>
    private static void Push(UserProcess process, VirtualAddress start, uint count)
    {
        for (uint depth = 0; depth < count; depth++)
            process.Memory.Mmu.Write(start + (StackBytes - 0x10 - (depth << 12)), 0xC0DE_0000 + depth);
    }

    private static int Present(UserProcess process, VirtualAddress start) => Enumerable.Range(0, (int)(StackBytes >> 12))
        .Count(page => process.Memory.ReadPagemap((start + ((uint)page << 12)).Page).IsPresent);
}
