namespace Paging.WindowsChecking.Model;

/// <summary>An image section's pages: their contents from the file's parts, and the protection of each.</summary>
/// <remarks>Read byte by byte from Microsoft's PE Format: nothing of the engine's reading is used.</remarks>
internal sealed class ModelImage
{
    private ModelImage(uint start, ModelFile contents, uint[] protections) =>
        (Base, Contents, Protections) = (start, contents, protections);

    /// <summary>The preferred base address.</summary>
    public uint Base { get; }

    /// <summary>The image's bytes in memory.</summary>
    public ModelFile Contents { get; }

    /// <summary>PAGE_* of each page.</summary>
    public uint[] Protections { get; }

    /// <summary>Reads a file; null: the file is no image that can be loaded.</summary>
    public static ModelImage? Read(ModelFile file)
    {
        long header = Number(file, 0x3C, 4) + 4, optional = header + 20, table = optional + Number(file, header + 16, 2);
        bool isImage = Number(file, header - 4, 4) == 0x4550 && Number(file, header, 2) == 0x14C && Number(file, optional, 2) == 0x10B
            && (Number(file, header + 18, 2) & 2) != 0;
        if (!isImage || table > file.Length) return null;
        long length = (Number(file, optional + 56, 4) + 0xFFF) / 0x1000 * 0x1000, headers = Number(file, optional + 60, 4), end = 0;
        if (headers > file.Length) return null;
        ModelFile contents = new() { Length = length };
        uint[] protections = new uint[length / 0x1000];
        Array.Fill(protections, ModelWords.NoAccess);
        for (long at = 0; at < headers; at++) contents[at] = file[at];
        for (long page = 0; page < (headers + 0xFFF) / 0x1000; page++) protections[page] = ModelWords.ReadOnly;
        for (long i = 0; i < Number(file, header + 2, 2); i++)
        {
            long at = table + (i * 40), size = Number(file, at + 8, 4), place = Number(file, at + 12, 4);
            long inFile = Math.Min(Number(file, at + 16, 4), size), offset = Number(file, at + 20, 4);
            bool isInside = at + 40 <= file.Length && place + size <= length && offset + inFile <= file.Length;
            if (!isInside || place < end || place % 0x1000 != 0) return null;
            end = (place + size + 0xFFF) / 0x1000 * 0x1000;
            for (long j = 0; j < inFile; j++) contents[place + j] = file[offset + j];
            for (long page = place / 0x1000; page < end / 0x1000; page++) protections[page] = ProtectionOf(Number(file, at + 36, 4));
        }

        return new((uint)Number(file, optional + 28, 4), contents, protections);
    }

    /// <summary>Writes go to a copy of the process's own.</summary>
    public static uint ToCopy(uint protection) => (protection & 0xFF) switch
    {
        ModelWords.ReadWrite => (protection & ~0xFFu) | ModelWords.WriteCopy,
        ModelWords.ExecuteReadWrite => (protection & ~0xFFu) | ModelWords.ExecuteWriteCopy,
        _ => protection,
    };

    private static uint ProtectionOf(long flags)
    {
        bool runs = (flags & 0x2000_0000) != 0, reads = (flags & 0x4000_0000) != 0, writes = (flags & 0x8000_0000) != 0;
        if (writes) return runs ? ModelWords.ExecuteWriteCopy : ModelWords.WriteCopy;
        if (runs) return reads ? ModelWords.ExecuteRead : ModelWords.Execute;
        return reads ? ModelWords.ReadOnly : ModelWords.NoAccess;
    }

    /// <summary>A number of the file, its low byte first; 0 beyond the end.</summary>
    private static long Number(ModelFile file, long at, int byteCount)
    {
        if (at < 0 || at + byteCount > file.Length) return 0;
        long value = 0;
        for (int i = byteCount - 1; i >= 0; i--) value = (value << 8) | file[at + i];
        return value;
    }
}
