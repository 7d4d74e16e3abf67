using System.Globalization;
using System.Text;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Testing.Randomness;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>Addresses to be translated by hand, from the words of a page directory and of its tables.</summary>
internal static class TranslateQuestion
{
    private const uint Stretch = 1 << 22;    // what a page table serves
    private const int PageCount = 4;

    /// <summary>Two areas in two tables: pages that were written, one that lost its right, one that was never touched.</summary>
    public static SheetQuestion Make(FuzzRandom random)
    {
        using SheetMachine machine = new();
        uint table = random.Below(200u) + 40;
        uint first = Draw(table), second = Draw(table + 1 + random.Below(300u));
        foreach (uint area in (uint[])[first, second])
            machine.Ask($"mmap({area}, {PageCount * 4096}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)");
        int untouched = random.Between(1, PageCount - 1), closed = random.Below(untouched);
        int[] order = [.. Shuffled(random, PageCount)];
        foreach (int page in order.Where(page => page != untouched)) machine.Ask($"store({Address(first, page)}, 1)");
        foreach (int page in (int[])[.. Shuffled(random, PageCount)]) machine.Ask($"store({Address(second, page)}, 1)");
        machine.Ask($"mprotect({Address(first, closed)}, 4096, PROT_READ)");

        SpaceView space = machine.Look(0);
        List<(uint Address, bool IsStore)> asked =
        [
            (Inside(first, closed), false),
            (Inside(first, closed), true),
            (Inside(first, untouched), false),
            (Inside(second, random.Below(PageCount)), true),
        ];
        return new("Translate by hand", Dump(machine, space), [.. Shuffled(random, asked.Count).Select(at => PartOf(asked[at], space))]);

        uint Draw(uint index) => index * Stretch + random.Below(1024u - PageCount) * 4096;
        uint Inside(uint area, int page) => Address(area, page) + random.Below(4096u);
    }

    private static SheetPart PartOf((uint Address, bool IsStore) access, SpaceView space) =>
        new($"{(access.IsStore ? "store to" : "load from")} {access.Address:x8}", Translate(space, access));

    private static uint Address(uint area, int page) => area + (uint)page * 4096;

    /// <summary>The physical address, or what the processor raises instead.</summary>
    private static string Translate(SpaceView space, (uint Address, bool IsStore) access)
    {
        VirtualAddress address = new(access.Address);
        PageTableEntry entry = space.EntryOf(address.Page).Entry;
        return entry.IsPresent && (entry.IsWritable || !access.IsStore)
            ? $"{((ulong)entry.Frame.Value << 12) + (uint)address.OffsetInPage:x8}" : "fault";
    }

    private static string Dump(SheetMachine machine, SpaceView space)
    {
        StringBuilder text = new();
        text.Append("An x86 processor in 32-bit mode, without PAE; the program runs in user mode. In an entry bit 0 is P,\n"
            + "1 RW, 2 US, 5 A, 6 D, and bits 12 to 31 are the frame; the others do not matter. Entries that are not\n"
            + "shown are 0. Indices are in hexadecimal.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"CR3 = {space.Directory.Value << 12:x8}\n");
        Append(machine, text, space.Directory, first: 0, end: 768);    // the kernel's half is not asked for
        foreach (TableView table in space.Tables.Where(static table => !table.IsKernel))
            Append(machine, text, table.Upper.Table, first: 0, end: 1024);
        text.Append("\nWhich physical address is accessed? A number in hexadecimal, or: fault\n");
        return text.ToString();
    }

    private static void Append(SheetMachine machine, StringBuilder text, FrameNumber frame, int first, int end)
    {
        text.Append(CultureInfo.InvariantCulture, $"the frame at {frame.Value << 12:x8}:\n");
        for (int index = first; index < end; index++)
            if (machine.ReadWord(frame, index) is not 0 and var word)
                text.Append(CultureInfo.InvariantCulture, $"  [{index:x3}] {word:x8}\n");
    }

    private static IEnumerable<int> Shuffled(FuzzRandom random, int count)
    {
        List<int> rest = [.. Enumerable.Range(0, count)];
        while (rest.Count != 0)
        {
            int at = random.Below(rest.Count);
            yield return rest[at];
            rest.RemoveAt(at);
        }
    }
}
