using System.Globalization;

namespace Paging.Programs.Images;

/// <summary>The systems whose words without P are known.</summary>
public enum ImageSystem
{
    /// <summary>Unknown: a word is absent, and that is all.</summary>
    None,
    /// <summary>Linux on x86 with 32 bits.</summary>
    Linux,
    /// <summary>Windows on x86 with 32 bits.</summary>
    Windows,
}

/// <summary>Says what an entry without P means to a system.</summary>
/// <remarks>
/// Linux: arch/x86/include/asm/pgtable-2level.h and pgtable-3level.h, as of 4.18 (inverted offsets) and 5.19 (the exclusive bit).
/// Windows: the software, transition and prototype forms of an invalid PTE (Windows Internals, 7th edition, part 1, "Invalid PTEs").
/// </remarks>
public static class AbsentWord
{
    private const ulong ProtNone = 1 << 8, Exclusive = 1 << 7;
    private const int SwapDeviceMax = 24;    // the types after it are SWP_HWPOISON and its like

    /// <summary>Describes a word that is not zero and has no P.</summary>
    /// <param name="word">The word.</param>
    /// <param name="system">The system that has written it.</param>
    /// <param name="isPae">True for an entry of 64 bits.</param>
    public static string Describe(ulong word, ImageSystem system, bool isPae) => system switch
    {
        ImageSystem.Linux => OfLinux(word, isPae),
        ImageSystem.Windows => OfWindows(word, isPae),
        _ => "absent",
    };

    /// <summary>Returns the place in swap that Linux has noted in a word without P, if it names one.</summary>
    /// <param name="word">The word.</param>
    /// <param name="isPae">True for an entry of 64 bits.</param>
    /// <param name="slot">The place.</param>
    /// <returns>False for an empty word, a page without rights, and special entries.</returns>
    public static bool TryGetLinuxSlot(ulong word, bool isPae, out LinuxSwapSlot slot)
    {
        slot = Split(word, isPae);
        return word != 0 && (word & (ImageEntry.Present | ProtNone)) == 0 && slot.Device < SwapDeviceMax;
    }

    private static string OfLinux(ulong word, bool isPae)
    {
        if ((word & ProtNone) != 0) return Text($"present without rights (PROT_NONE), frame {(word & ImageEntry.AddressMask) >> 12:x}");
        (int type, ulong offset) = Split(word, isPae);
        string exclusive = (word & Exclusive) != 0 ? ", exclusive" : "";
        return type < SwapDeviceMax ? Text($"swap device {type}, slot {offset}{exclusive}")
            : Text($"special entry of type {type} (migration, poison, marker), value {offset:x}");
    }

    // Two levels: type in bits 1 to 5, offset from bit 9 on. PAE: type in the highest 5 bits, the offset's complement from bit 9 on
    private static LinuxSwapSlot Split(ulong word, bool isPae) =>
        isPae ? new((int)(word >> 59), ~word << 5 >> 14) : new((int)(word >> 1) & 31, (word & 0xFFFF_FFFF) >> 9);

    private static string OfWindows(ulong word, bool isPae)
    {
        bool isPrototype = (word & (1 << 10)) != 0, isTransition = (word & (1 << 11)) != 0;
        ulong high = isPae ? word >> 32 : word >> 12, file = (word >> 1) & 15, protection = (word >> 5) & 31;
        if (isPrototype) return isPae ? Text($"prototype at {high:x8}") : Text($"prototype, word {word:x8}");
        if (isTransition) return Text($"in transition, frame {(isPae ? (word >> 12) & 0x3FF_FFFF : high):x}, protection {protection}");
        return high == 0 ? Text($"demand zero, protection {protection}")
            : Text($"page file {file}, page {high:x}, protection {protection}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
