using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>The page size of the system calls.</summary>
internal static class PageWords
{
    public const int Shift = VirtualAddress.PageShift, ByteLength = (int)VirtualAddress.PageSize;

    public const uint OffsetMask = VirtualAddress.OffsetMask;

    public static ulong ToBytes(ulong pages) => pages << Shift;

    /// <summary>The number of whole pages, rounded down.</summary>
    public static ulong FromBytes(ulong bytes) => bytes >> Shift;

    /// <summary>The number of pages, rounded up.</summary>
    public static ulong Covering(ulong bytes) => (bytes + OffsetMask) >> Shift;
}
