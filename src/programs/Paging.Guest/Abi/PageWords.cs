using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>The page as the system calls count it.</summary>
internal static class PageWords
{
    public const int Shift = VirtualAddress.PageShift, ByteLength = (int)VirtualAddress.PageSize;

    public const uint OffsetMask = VirtualAddress.OffsetMask;

    public static ulong ToBytes(ulong pages) => pages << Shift;

    /// <summary>Whole pages; what is left of the last one does not count.</summary>
    public static ulong FromBytes(ulong bytes) => bytes >> Shift;

    /// <summary>Pages with at least one of the bytes.</summary>
    public static ulong Covering(ulong bytes) => (bytes + OffsetMask) >> Shift;
}
