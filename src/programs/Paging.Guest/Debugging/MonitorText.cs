using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;
using Paging.Reports;

namespace Paging.Guest.Debugging;

/// <summary>The commands of gdb's <c>monitor</c> on the engine.</summary>
internal static class MonitorText
{
    private const string Help =
        """
        maps          the memory map, as /proc/PID/maps shows it
        pte ADDRESS   the entries of the page tables for an address
        frame NUMBER  what the engine knows of a frame
        faults        page faults of this process, and of the machine

        """;

    /// <summary>Executes a command.</summary>
    /// <param name="engine">The machine's.</param>
    /// <param name="space">The program's memory.</param>
    /// <param name="command">The command as typed.</param>
    /// <param name="more">Help on other commands.</param>
    public static string Execute(PagingEngine engine, AddressSpace space, string command, string more)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["maps"] => space.FormatMaps(),
            ["pte", var address] when TryNumber(address, out uint at) => Entries(engine, space, new(at)),
            ["frame", var number] when TryNumber(number, out uint frame) => Frame(engine, frame),
            ["faults"] => $"this process: {space.Faults}\nthe machine:  {engine.Faults}\n",
            _ => Help + more,
        };
    }

    private static string Entries(PagingEngine engine, AddressSpace space, VirtualAddress address)
    {
        StringBuilder text = new();
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        FrameNumber table = space.PrepareWalk();
        string[] names = isWide ? ["PDPTE", "PDE", "PTE"] : ["PDE", "PTE"];
        int bits = isWide ? 9 : 10, shift = isWide ? 30 : 22;    // SDM 3A, 4.3 and 4.4; the four PDPTEs have 2 bits
        foreach (string name in names)
        {
            int index = (int)((address.Value >> shift) & ((1u << bits) - 1));
            ulong entry = EntryAt(engine, table, index, isWide);
            text.Append(CultureInfo.InvariantCulture, $"{name,-5} {index,4} of the table in frame {table.Value:x5}: ");
            text.Append(entry.ToString(isWide ? "x16" : "x8", CultureInfo.InvariantCulture));
            if (entry == 0) return text.Append(" never used\n").ToString();
            if ((entry & 1) == 0) return text.Append(" not present: swapped out, or a marker\n").ToString();
            table = new((uint)((entry >> 12) & 0xF_FFFF));    // 20 bits: RAM here ends at 4 GB
            text.Append(CultureInfo.InvariantCulture, $" frame {table.Value:x5}{Flags(entry)}\n");
            if (shift is 21 or 22 && (entry & 0x80) != 0) break;    // PS: a huge page has no further table
            shift -= bits;
            if (table.Value >= engine.Ram.FrameCount.Value) return text.Append("      that is beyond RAM\n").ToString();
        }

        return text.ToString();
    }

    private static ulong EntryAt(PagingEngine engine, FrameNumber table, int index, bool isWide)
    {
        Span<uint> words = engine.Ram.Words(table);
        return isWide ? words[2 * index] | ((ulong)words[(2 * index) + 1] << 32) : words[index];
    }

    private static string Flags(ulong entry)
    {
        StringBuilder flags = new();
        foreach ((int bit, string name) in (ReadOnlySpan<(int, string)>)
            [(0, "P"), (1, "RW"), (2, "US"), (5, "A"), (6, "D"), (7, "PS"), (8, "G"), (63, "NX")])
            if (((entry >> bit) & 1) != 0) flags.Append(' ').Append(name);
        return flags.ToString();
    }

    private static string Frame(PagingEngine engine, uint number)
    {
        if (number >= engine.Ram.FrameCount.Value) return $"There are {engine.Ram.FrameCount.Value:x} frames.\n";
        FrameDescriptor frame = engine.Frames.Describe(new(number));
        return string.Create(CultureInfo.InvariantCulture,
            $"frame {number:x5} {frame.State} references {frame.ReferenceCount} mapped {frame.MapCount}\n");
    }

    private static bool TryNumber(string word, out uint number)
    {
        ReadOnlySpan<char> digits = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? word.AsSpan(2) : word;
        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }
}
