namespace Paging.Guest.Abi;

/// <summary>The page as the system calls count it.</summary>
internal static class PageWords
{
    public const int Shift = 12, ByteLength = 1 << Shift;

    public const uint OffsetMask = ByteLength - 1;

    public static ulong ToBytes(ulong pages) => pages << Shift;

    /// <summary>Whole pages; what is left of the last one does not count.</summary>
    public static ulong FromBytes(ulong bytes) => bytes >> Shift;

    /// <summary>Pages with at least one of the bytes.</summary>
    public static ulong Covering(ulong bytes) => (bytes + OffsetMask) >> Shift;

    public static bool IsAligned(uint address) => (address & OffsetMask) == 0;
}
