using System.Collections.Immutable;
using Paging.Testing.Randomness;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>A list of accesses: which are page faults, and how they end.</summary>
internal static class FaultQuestion
{
    private const int AccessCount = 7;

    /// <summary>An area to write, one to read, and the hole between them. Pages come again, so that not every access faults.</summary>
    public static SheetQuestion Make(FuzzRandom random)
    {
        using SheetMachine machine = new();
        uint open = 0x2000_0000 + random.Below(0x100u) * 0x1_0000, closed = open + 0x4000 + (random.Below(4u) + 1) * 0x1000;
        machine.Show($"mmap(0x{open:x8}, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)");
        machine.Show($"mmap(0x{closed:x8}, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)");
        uint page = open + random.Below(3u) * 0x1000;
        List<string> accesses =
        [
            $"load(0x{Inside(page):x8})", $"store(0x{Inside(page):x8}, 1)", $"load(0x{Inside(page):x8})",
            $"store(0x{Inside(page + 0x1000):x8}, 1)", $"load(0x{Inside(closed):x8})", $"store(0x{Inside(closed):x8}, 1)",
            $"load(0x{Inside(open + 0x4000):x8})",
        ];
        ImmutableArray<SheetPart>.Builder parts = ImmutableArray.CreateBuilder<SheetPart>(AccessCount);
        machine.Ask("faults()");
        while (accesses.Count != 0)
        {
            string access = accesses[random.Below(accesses.Count)];
            accesses.Remove(access);
            string result = machine.Ask(access);
            parts.Add(new(access, OutcomeOf(result, machine.Ask("faults()"))));
        }

        return new("Which accesses fault?", "The process makes these calls:\n\n" + machine.Calls
            + "\nThen it makes the accesses below, in their order. For each: none (no page fault), fault (one that the kernel serves),\n"
            + "maperr or accerr (SIGSEGV with this code).\n", parts.DrainToImmutable());

        uint Inside(uint start) => start + random.Below(4096u);
    }

    private static string OutcomeOf(string result, string faults) => result switch
    {
        _ when result.Contains("SEGV_MAPERR", StringComparison.Ordinal) => "maperr",
        _ when result.Contains("SEGV_ACCERR", StringComparison.Ordinal) => "accerr",
        _ => faults is "0" ? "none" : "fault",
    };
}
