using Paging.Core;

namespace Paging.Fuzz;

/// <summary>A device that keeps what is stored, and a list of the accesses since it was last asked.</summary>
internal sealed class ListingDevice(int byteLength) : IMemoryDevice
{
    private readonly byte[] _bytes = new byte[byteLength];

    /// <summary>Offset and length of each access; a store has a negative length.</summary>
    public List<(int Offset, int Length)> Accesses { get; } = [];

    public ReadOnlySpan<byte> Bytes => _bytes;

    public ulong Load(ulong offset, int byteLength)
    {
        Accesses.Add(((int)offset, byteLength));
        ulong value = 0;
        for (int i = byteLength - 1; i >= 0; i--) value = (value << 8) | _bytes[(int)offset + i];
        return value;
    }

    public void Store(ulong offset, int byteLength, ulong value)
    {
        Accesses.Add(((int)offset, -byteLength));
        for (int i = 0; i < byteLength; i++, value >>= 8) _bytes[(int)offset + i] = (byte)value;
    }

    /// <summary>The accesses that a bus makes of one: the longest aligned piece each time.</summary>
    public static IEnumerable<(int Offset, int Length)> Split(int offset, int length, bool isStore)
    {
        for (int end = offset + length; offset < end;)
        {
            int piece = 8;
            while (offset % piece != 0 || piece > end - offset) piece /= 2;
            yield return (offset, isStore ? -piece : piece);
            offset += piece;
        }
    }
}
