using System.Globalization;
using Paging.Testing.Randomness;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>Sizes after a fork, when parent and child have written some pages.</summary>
internal static class ForkQuestion
{
    private const uint Start = 0x3000_0000;

    /// <summary>Pages that both processes write, pages that one writes, and pages that were never written before.</summary>
    public static SheetQuestion Make(FuzzRandom random)
    {
        using SheetMachine machine = new();
        int written = random.Between(4, 7), all = written + random.Between(2, 4);
        machine.Show($"mmap(0x{Start:x8}, {all * 4096}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)");
        for (int page = 0; page < written; page++) machine.Show(Store(page));
        machine.Show("fork()");
        int child = random.Between(2, 3), parent = random.Between(2, 3), shared = random.Below(written - 1);
        for (int i = 0; i < child; i++) machine.Show("[1] " + Store((shared + i) % written));
        machine.Show("[1] " + Store(written + random.Below(all - written)));    // a page of the child's own
        for (int i = 0; i < parent; i++) machine.Show(Store((shared + child - 1 + i) % written));    // the first one again
        string range = $"0x{Start:x8}, 0x{Start + all * 4096:x8}";
        return new("Sizes after fork", "Two processes, 0 and its child 1:\n\n" + machine.Calls + "\nA number for each, in pages.\n",
        [
            new("How many pages were copied on write, by both?", Text(machine.Counter("pages copied on write"))),
            new("How many frames hold private memory at the end?", Text(machine.AnonymousFrameCount)),
            new("How many pages of its memory does process 0 have in RAM?", machine.Ask($"resident({range})")),
            new("How many does process 1 have?", machine.Ask($"[1] resident({range})")),
        ]);
    }

    private static string Store(int page) => $"store(0x{Start + page * 4096:x8}, 1)";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
