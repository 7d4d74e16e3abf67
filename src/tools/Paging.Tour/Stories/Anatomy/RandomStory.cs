using System.Numerics;
using Paging.Core;
using Paging.Programs;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>Address space layout randomisation: the same program twice.</summary>
internal static class RandomStory
{
    private const int Runs = 30;

    // arch/x86/kernel/process.c: arch_align_stack, arch_randomize_brk; arch/x86/mm/mmap.c: arch_mmap_rnd, STACK_RND_MASK. A stack
    // pointer moves by up to 8 KB inside its page range as well.
    private const uint StackRange = (8 << 20) + (8 << 10), MappingRange = 1 << 20, HeapRange = 32 << 20;

    public static void Tell(Stage stage)
    {
        UserProcess first = stage.Program("one", out ExecutedProgram one), second = stage.Program("two", out _);
        Use(first);
        Use(second);
        stage.Show(Camera.Spaces((first, "first run"), (second, "second run")), Camera.Space(first), Camera.Space(second));
        stage.Step("Twice without chance", "setarch --addr-no-randomize gonzo   (twice)",
            $"""
            Both programs have asked for 256 KB with `mmap()` and for 132 KB with `brk()`. Both stacks begin at {one.StackPointer.Value:x8},
            both heaps at {one.HeapStart.Value:x8}. Everything lies at the same address in every process, on every machine. An attacker who
            knows one of them knows all.
            """);

        UserProcess third = stage.Program("three", out ExecutedProgram three, isRandomized: true);
        UserProcess fourth = stage.Program("four", out ExecutedProgram four, isRandomized: true);
        Use(third);
        Use(fourth);
        first.Exit();
        second.Exit();
        stage.Show(Camera.Spaces((third, "first run"), (fourth, "second run")), Camera.Space(third), Camera.Space(fourth));
        stage.Step("Twice with chance", "gonzo   (twice)",
            $"""
            Stack, mappings and heap now begin at random offsets. The stacks lie
            {Distance(three.StackPointer.Value, four.StackPointer.Value)} apart, the bases for mappings
            {Distance(three.MmapBase.Value, four.MmapBase.Value)}, the heaps {Distance(three.HeapStart.Value, four.HeapStart.Value)}.

            The program itself has stayed where it was: it was linked for fixed addresses, {three.ProgramEntry.Value:x8} for its first
            instruction. Only a position-independent program can be moved.
            """);

        UserProcess[] runs = [.. Enumerable.Range(0, Runs).Select(run => stage.Process($"run {run + 3}"))];
        ExecutedProgram[] programs = [three, four, .. runs.Select(run => Again(stage, run))];
        uint[] bases = [.. programs.Select(static program => program.MmapBase.Value)];
        stage.Show(
            Camera.Chance(
                ("Stack", one.StackPointer - StackRange, one.StackPointer, [.. programs.Select(static program => program.StackPointer)]),
                ("Base for mappings", one.MmapBase - MappingRange, one.MmapBase, [.. programs.Select(static program => program.MmapBase)]),
                ("Heap", one.HeapStart, one.HeapStart + HeapRange, [.. programs.Select(static program => program.HeapStart)])),
            Camera.Spaces((third, "first run"), (fourth, "second run")), Camera.Space(third), Camera.Space(fourth));
        stage.Step("How little there is to guess", $"gonzo   ({Runs} more times)",
            $"""
            At the scale of 4 GB two runs look alike, so each line shows only the range that chance has. In {bases.Length} runs the base
            for mappings was between {bases.Min():x8} and {bases.Max():x8}: it differs only in the lowest {BitsOf(bases)} bits
            of the page number. With 3 GB to live in there is not much room to hide, and a program that is restarted after
            each crash can be guessed at until it is found.
            """);
    }

    /// <summary>Asks for a mapping and a heap, so that they can be seen.</summary>
    private static void Use(UserProcess process)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous;
        Stage.Ok(process.Memory.Map(default, 256 << 10, MemoryProtection.ReadWrite, flags, out _));
        process.Memory.SetBreak(process.Memory.StartBreak + (132 << 10));
    }

    /// <summary>Executes the program in a process once more, and lets it end.</summary>
    private static ExecutedProgram Again(Stage stage, UserProcess process)
    {
        Stage.Ok(stage.Execute(process, out ExecutedProgram program));
        process.Exit();
        return program;
    }

    private static int BitsOf(uint[] bases) =>
        32 - BitOperations.LeadingZeroCount(bases.Aggregate(0u, (bits, other) => bits | (other ^ bases[0]))) - 12;

    private static string Distance(uint one, uint other)
    {
        uint bytes = one > other ? one - other : other - one;
        return Paging.Pictures.Writing.SvgText.Bytes(bytes);
    }
}
