using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Paging.Core.Snapshots;

//   │ first 1360 bytes │ second 1360 bytes │ third 1360 bytes │     three checksums side by side, of which two begin with 0
//    after the first, shifted by 1360 bytes, ^ second ──► shifted again, ^ third
/// <summary>CRC-32C (Castagnoli), by the processor's instruction where it has one.</summary>
/// <remarks>
/// The instruction takes three cycles, and a processor begins one in each cycle: three chains side by side wait for none. The checksum
/// of zeros after some bytes is linear in theirs, so a table for each of its bytes shifts it.
/// </remarks>
internal static class Checksum
{
    private const int LaneLength = 1360;    // three are a page but for 16 bytes

    private static readonly ImmutableArray<uint> Shifts = MakeShifts();

    /// <summary>Continues a checksum.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 3 * LaneLength; bytes = bytes[(3 * LaneLength)..]) checksum = AppendLanes(checksum, bytes);
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes)) checksum = BitOperations.Crc32C(checksum, word);
        foreach (byte rest in bytes[(bytes.Length & ~7)..]) checksum = BitOperations.Crc32C(checksum, rest);
        return checksum;
    }

    private static uint AppendLanes(uint first, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> one = MemoryMarshal.Cast<byte, ulong>(bytes[..LaneLength]);
        ReadOnlySpan<ulong> two = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(LaneLength, LaneLength));
        ReadOnlySpan<ulong> three = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(2 * LaneLength, LaneLength));
        uint second = 0, third = 0;
        for (int i = 0; i < one.Length && i < two.Length && i < three.Length; i++)
        {
            first = BitOperations.Crc32C(first, one[i]);
            second = BitOperations.Crc32C(second, two[i]);
            third = BitOperations.Crc32C(third, three[i]);
        }

        return Shift(Shift(first) ^ second) ^ third;
    }

    /// <summary>The checksum after as many zeros as a lane has bytes.</summary>
    private static uint Shift(uint checksum) => Shifts[(byte)checksum] ^ Shifts[0x100 | (byte)(checksum >> 8)]
        ^ Shifts[0x200 | (byte)(checksum >> 16)] ^ Shifts[0x300 | (byte)(checksum >> 24)];

    private static ImmutableArray<uint> MakeShifts()
    {
        uint[] shifts = new uint[4 * 256];
        for (int i = 0; i < shifts.Length; i++)
        {
            int value = i & 0xFF, lowest = value & -value, table = i & ~0xFF;
            if (value != lowest)
            {
                shifts[i] = shifts[table | (value ^ lowest)] ^ shifts[table | lowest];
                continue;
            }

            uint checksum = (uint)value << (table >> 5);
            for (int done = 0; done < LaneLength; done += sizeof(ulong)) checksum = BitOperations.Crc32C(checksum, 0ul);
            shifts[i] = checksum;
        }

        return [.. shifts];
    }
}
