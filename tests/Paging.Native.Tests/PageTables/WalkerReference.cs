namespace Paging.Native.Tests;

/// <summary>
/// A second opinion on x86-32 paging with 36 address lines, written from Intel SDM 3A, 4.3, as a table and on plain words: it
/// shares no code, no constant and no shape with <see cref="Walker"/>.
/// </summary>
internal sealed class WalkerReference(uint[] words)
{
    /// <summary>For each mode, access and write-protect bit: the rights needed on every level, and the error code.</summary>
    private static readonly (ProcessorMode Mode, AccessKind Kind, bool WriteProtect, string Needs, uint Code)[] Rules =
    [
        (ProcessorMode.User, AccessKind.Read, false, "U", 4),
        (ProcessorMode.User, AccessKind.Read, true, "U", 4),
        (ProcessorMode.User, AccessKind.Fetch, false, "U", 4),
        (ProcessorMode.User, AccessKind.Fetch, true, "U", 4),
        (ProcessorMode.User, AccessKind.Write, false, "UW", 6),
        (ProcessorMode.User, AccessKind.Write, true, "UW", 6),
        (ProcessorMode.Supervisor, AccessKind.Read, false, "", 0),
        (ProcessorMode.Supervisor, AccessKind.Read, true, "", 0),
        (ProcessorMode.Supervisor, AccessKind.Fetch, false, "", 0),
        (ProcessorMode.Supervisor, AccessKind.Fetch, true, "", 0),
        (ProcessorMode.Supervisor, AccessKind.Write, false, "", 2),
        (ProcessorMode.Supervisor, AccessKind.Write, true, "W", 2),
    ];

    /// <summary>Physical memory, word by word. Addresses beyond it read as zero and ignore stores.</summary>
    public uint[] Words { get; } = words;

    /// <summary>The physical address, or minus one minus the error code. Changes A and D in <see cref="Words"/>.</summary>
    public long Walk(uint directory, uint address, AccessKind kind, ProcessorMode mode, bool writeProtect, bool pageSizeExtensions)
    {
        (_, _, _, string needs, uint code) = Array.Find(Rules, rule => rule.Mode == mode && rule.Kind == kind
            && rule.WriteProtect == writeProtect);
        long upperAt = (directory * 1024L) + (address / 0x400000);
        uint upper = Load(upperAt);
        if (upper % 2 == 0) return -1 - code;

        uint marks = kind == AccessKind.Write ? 0x60u : 0x20u;
        bool isLarge = pageSizeExtensions && (upper & 0x80) != 0;
        if (isLarge && (upper & 0x3E0000) != 0) return -1 - (code | 9);
        if (isLarge)
        {
            if (!Grants(upper, needs)) return -1 - (code | 1);
            Save(upperAt, upper | marks);
            return (upper / 0x2000 % 16 * 0x1_0000_0000L) + (upper / 0x400000 * 0x400000L) + (address % 0x400000);
        }

        Save(upperAt, upper | 0x20);
        long leafAt = (upper / 0x1000 * 1024L) + (address / 0x1000 % 1024);
        uint leaf = Load(leafAt);
        if (leaf % 2 == 0) return -1 - code;
        if (!Grants(upper, needs) || !Grants(leaf, needs)) return -1 - (code | 1);
        Save(leafAt, leaf | marks);
        return (leaf / 0x1000 * 0x1000L) + (address % 0x1000);
    }

    private static bool Grants(uint entry, string needs) =>
        needs.All(right => right == 'U' ? entry / 4 % 2 == 1 : entry / 2 % 2 == 1);

    private uint Load(long index) => index < Words.Length ? Words[index] : 0;

    private void Save(long index, uint word)
    {
        if (index < Words.Length) Words[index] = word;
    }
}
