namespace Paging.ReferenceModel.Calls;

/// <summary>The usual CRC-32, polynomial 0xedb88320 (DIALECT section 4, pread), over bytes that come in pieces.</summary>
internal struct Crc32()
{
    private static readonly uint[] Table = MakeTable();

    private uint _inverted = uint.MaxValue;

    public readonly uint Value => ~_inverted;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes) _inverted = Table[(byte)_inverted ^ next] ^ (_inverted >> 8);
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint remainder = i;
            for (int bit = 0; bit < 8; bit++) remainder = (remainder & 1) != 0 ? 0xEDB8_8320 ^ (remainder >> 1) : remainder >> 1;
            table[i] = remainder;
        }
        return table;
    }
}
