using System.Globalization;

namespace Paging.Cli.Walk;

/// <summary>The lines that QEMU's monitor prints about page tables. QEMU: target/i386/monitor.c.</summary>
internal static class QemuText
{
    /// <summary>The lines of "info tlb": print_pte, with the masks of tlb_info_32 and tlb_info_pae32.</summary>
    public static IEnumerable<string> TranslationLines(ImageTables tables)
    {
        foreach (ImageEntry entry in tables.Entries())
        {
            if (!entry.IsPresent) continue;
            ulong mask = !entry.IsLarge ? ~0xFFFul : tables.IsPae ? ~0xF_FFFFul : ~0x1F_FFFFul;
            ulong word = entry.IsLarge ? entry.Word : entry.Word & ~ImageEntry.Large;    // PAT of a page has the place of PS
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{(ulong)entry.Address:x16}: {entry.Word & mask:x16} {Letters(word)}");
        }
    }

    /// <summary>The lines of "info mem": mem_print over mem_info_32 and mem_info_pae32.</summary>
    public static IEnumerable<string> RangeLines(ImageTables tables)
    {
        ulong start = 0, end = 0, rights = 0;
        foreach (ImageEntry entry in tables.Entries())
        {
            if (!entry.IsPresent) continue;
            ulong next = entry.Rights;
            if (rights != 0 && (entry.Address != end || next != rights)) yield return Range(start, end, rights);
            if (rights == 0 || entry.Address != end || next != rights) (start, rights) = (entry.Address, next);
            end = entry.Address + (ulong)entry.ByteLength;
        }

        if (rights != 0) yield return Range(start, end, rights);
    }

    private static string Range(ulong start, ulong end, ulong rights)
    {
        char user = (rights & ImageEntry.User) != 0 ? 'u' : '-', writable = (rights & ImageEntry.Writable) != 0 ? 'w' : '-';
        return string.Create(CultureInfo.InvariantCulture, $"{start:x16}-{end:x16} {end - start:x16} {user}r{writable}");
    }

    private static string Letters(ulong word)
    {
        ReadOnlySpan<int> bits = [63, 8, 7, 6, 5, 4, 3, 2, 1];
        Span<char> letters = stackalloc char[bits.Length];
        for (int i = 0; i < bits.Length; i++) letters[i] = (word >> bits[i] & 1) != 0 ? "XGPDACTUW"[i] : '-';
        return letters.ToString();
    }
}
