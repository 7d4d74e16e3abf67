using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Paging.Scripting.Engine;

/// <summary>The bytes that the dialect's files and copies are made of, and the CRC-32 of bytes read back.</summary>
public static class ScriptBytes
{
    private const int PagePeriod = 4096;    // as long as i >> 12 stays the same,
    private const int BytePeriod = 256;     // the bytes repeat with i * 7

    private static readonly ImmutableArray<uint> CrcTable = [.. MakeCrcTable()];

    /// <summary>Byte <paramref name="index"/> of a pattern: <c>(i*7 + SEED*13 + (i>>12)*31) &amp; 0xff</c>.</summary>
    public static byte At(long index, long seed) => (byte)((index * 7) + (seed * 13) + ((index >> 12) * 31));

    /// <summary>Writes the pattern's bytes from <paramref name="firstIndex"/> on.</summary>
    public static void Fill(Span<byte> destination, long firstIndex, long seed)
    {
        while (!destination.IsEmpty)
        {
            Span<byte> page = destination[..(int)Math.Min(destination.Length, PagePeriod - (firstIndex & (PagePeriod - 1)))];
            for (int i = 0; i < Math.Min(page.Length, BytePeriod); i++) page[i] = At(firstIndex + i, seed);
            for (int done = BytePeriod; done < page.Length; done *= 2) page[..Math.Min(done, page.Length - done)].CopyTo(page[done..]);
            firstIndex += page.Length;
            destination = destination[page.Length..];
        }
    }

    /// <summary>The CRC-32 of zlib (polynomial 0xedb88320), continued from the value for the bytes before; 0 for none.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes, uint before = 0)
    {
        uint crc = ~before;
        ReadOnlySpan<uint> table = CrcTable.AsSpan();
        while (bytes.Length >= 8)
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = table[(7 << 8) | (int)(low & 0xFF)] ^ table[(6 << 8) | (int)((low >> 8) & 0xFF)]
                ^ table[(5 << 8) | (int)((low >> 16) & 0xFF)] ^ table[(4 << 8) | (int)(low >> 24)]
                ^ table[(3 << 8) | (int)(high & 0xFF)] ^ table[(2 << 8) | (int)((high >> 8) & 0xFF)]
                ^ table[(1 << 8) | (int)((high >> 16) & 0xFF)] ^ table[(int)(high >> 24)];
            bytes = bytes[8..];
        }

        foreach (byte value in bytes) crc = (crc >> 8) ^ table[(byte)(crc ^ value)];
        return ~crc;
    }

    /// <summary>Eight tables of 256: the effect of a byte on the checksum, that many bytes later.</summary>
    private static uint[] MakeCrcTable()
    {
        uint[] table = new uint[8 << 8];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB8_8320u : 0);
            table[i] = crc;
        }

        for (int i = 256; i < table.Length; i++) table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
        return table;
    }
}
