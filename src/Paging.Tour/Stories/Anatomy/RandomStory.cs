using System.Numerics;
using Paging.Core;
using Paging.Programs;

namespace Paging.Tour;

/// <summary>Address space layout randomisation: the same program twice.</summary>
internal static class RandomStory
{
    public static void Tell(Stage stage)
    {
        UserProcess first = stage.Program("one", out ExecutedProgram one), second = stage.Program("two", out ExecutedProgram two);
        stage.Show(Camera.Spaces((first, "first run"), (second, "second run")), Camera.Space(first), Camera.Space(second));
        stage.Step("Twice without chance", "setarch --addr-no-randomize gonzo   (twice)",
            $"""
            Both stacks begin at {one.StackPointer.Value:x8}, both heaps at {one.HeapStart.Value:x8}. Everything lies at the same address
            in every process, on every machine. An attacker who knows one of them knows all.
            """);

        UserProcess third = stage.Program("three", out ExecutedProgram three, isRandomized: true);
        UserProcess fourth = stage.Program("four", out ExecutedProgram four, isRandomized: true);
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

        uint bits = 32 - (uint)BitOperations.LeadingZeroCount(three.MmapBase.Value ^ four.MmapBase.Value) - 12;
        stage.Step("How little there is to guess", $"{three.MmapBase.Value:x8} ⊕ {four.MmapBase.Value:x8}",
            $"""
            Compare the two bars: at the scale of 4 GB the two runs look alike. The bases for mappings differ in page numbers of
            {bits} bits. With 3 GB to live in there is not much room to hide, and a program that is restarted after each crash
            can be guessed at until it is found.
            """);
        _ = two;
    }

    private static string Distance(uint one, uint other)
    {
        uint bytes = one > other ? one - other : other - one;
        return Paging.Pictures.SvgText.Bytes(bytes);
    }
}
