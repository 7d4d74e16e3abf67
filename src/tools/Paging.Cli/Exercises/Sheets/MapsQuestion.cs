using System.Globalization;
using Paging.Testing.Randomness;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>What /proc/PID/maps shows after rights have changed and a part was unmapped.</summary>
internal static class MapsQuestion
{
    /// <summary>A mapping whose middle loses rights, gets some of them back, and has a hole.</summary>
    public static SheetQuestion Make(FuzzRandom random)
    {
        using SheetMachine machine = new();
        uint start = 0x4000_0000 + random.Below(0x100u) * 0x1_0000;
        int count = random.Between(16, 24);
        machine.Show($"mmap(0x{start:x8}, 0x{count * 4096:x}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)");
        int low = random.Between(2, 4), high = random.Between(10, 13);    // the pages that become read-only
        machine.Show($"mprotect({Range(low, high)}, PROT_READ)");
        int back = random.Between(low + 2, high - 2);
        machine.Show($"mprotect({Range(back, back + random.Between(1, 3))}, PROT_READ|PROT_WRITE)");
        int hole = random.Between(high - 1, high + 1);
        machine.Show($"munmap({Range(hole, hole + random.Between(1, 3))})");
        if (random.Percent(50)) machine.Show($"mprotect({Range(low, low + 1)}, PROT_READ|PROT_WRITE)");    // joins what lies below
        string[] rows = [.. machine.Ask($"maps(0x{start:x8}, 0x{start + count * 4096:x8})").Split('\n')
            .Where(static row => row.Contains('-', StringComparison.Ordinal)).Select(static row => string.Join(' ', row.Split(' ')[..2]))];
        return new("What does /proc/PID/maps show?", "The process makes these calls:\n\n" + machine.Calls,
        [
            new("How many areas are there?", rows.Length.ToString(CultureInfo.InvariantCulture)),
            new("Which? From the lowest, addresses and rights, with semicolons between: 40000000-40001000 rw-p; …",
                string.Join("; ", rows)),
        ]);

        string Range(int first, int end) => $"0x{start + first * 4096:x8}, 0x{(end - first) * 4096:x}";
    }
}
