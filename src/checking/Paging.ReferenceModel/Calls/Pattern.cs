namespace Paging.ReferenceModel.Calls;

/// <summary>The bytes that <c>open</c>, <c>pwrite</c> and <c>copyin</c> put where they write (DIALECT section 4).</summary>
internal static class Pattern
{
    /// <summary>Byte <paramref name="index"/>, counted from the start of the data.</summary>
    public static byte ByteAt(long index, long seed) => unchecked((byte)((index * 7) + (seed * 13) + ((index >> 12) * 31)));

    public static void Fill(Span<byte> data, long start, long seed)
    {
        for (int i = 0; i < data.Length; i++) data[i] = ByteAt(start + i, seed);
    }
}
