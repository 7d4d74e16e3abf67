using System.Globalization;
using Paging.Programs.Images;

namespace Paging.Cli.Walk;

/// <summary>The lines that QEMU's monitor prints about page tables. QEMU: target/i386/monitor.c.</summary>
internal static class QemuText
{
    private const ulong PageSize = 1 << 7;    // PS; of a page, PAT
    private const int Writable = 2, User = 4;

    /// <summary>The lines of "info tlb": print_pte, with the masks of tlb_info_32 and tlb_info_pae32.</summary>
    public static IEnumerable<string> TranslationLines(ImageTables tables)
    {
        foreach (ImageEntry entry in tables.Entries())
        {
            if (!entry.IsPresent) continue;
            ulong mask = !entry.IsLarge ? ~0xFFFul : tables.IsPae ? ~0xF_FFFFul : ~0x1F_FFFFul;
            ulong word = entry.IsLarge ? entry.Word : entry.Word & ~PageSize;
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{(ulong)entry.Address.Value:x16}: {entry.Word & mask:x16} {Letters(word)}");
        }
    }

    /// <summary>The lines of "info mem": mem_print over mem_info_32 and mem_info_pae32.</summary>
    public static IEnumerable<string> RangeLines(ImageTables tables)
    {
        ulong start = 0, end = 0;
        int rights = 0;    // 0: no page yet
        foreach (ImageEntry entry in tables.Entries())
        {
            if (!entry.IsPresent) continue;
            ulong address = entry.Address.Value;
            int next = 1 | (entry.IsWritable ? Writable : 0) | (entry.IsUser ? User : 0);
            if (rights != 0 && (address != end || next != rights)) yield return Range(start, end, rights);
            if (rights == 0 || address != end || next != rights) (start, rights) = (address, next);
            end = address + entry.ByteLength;
        }

        if (rights != 0) yield return Range(start, end, rights);
    }

    private static string Range(ulong start, ulong end, int rights)
    {
        char user = (rights & User) != 0 ? 'u' : '-', writable = (rights & Writable) != 0 ? 'w' : '-';
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
