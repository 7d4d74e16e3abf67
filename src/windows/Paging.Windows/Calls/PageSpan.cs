using Paging.Native;
using Paging.Windows.Spaces;

namespace Paging.Windows.Calls;

/// <summary>Turns the addresses and sizes of calls into pages, rounded outwards.</summary>
internal static class PageSpan
{
    /// <summary>Computes the pages that have a byte of the range. Returns false if it reaches beyond 4 GB, or has none.</summary>
    public static bool TryCover(VirtualAddress address, uint byteLength, out PageRange range)
    {
        ulong end = ((ulong)address.Value + byteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;
        bool fits = byteLength != 0 && end <= PageCount.AddressSpace.Value;
        range = fits ? PageRange.Between(address.Page, new((uint)end)) : default;
        return fits;
    }

    /// <summary>Checks that a range lies where memory can be allocated.</summary>
    /// <returns>The status of the argument that is wrong. Windows: the checks against MM_HIGHEST_VAD_ADDRESS.</returns>
    public static NtStatus CheckLimits(WindowsSpace space, VirtualAddress address, uint byteLength)
    {
        if (byteLength == 0) return NtStatus.InvalidParameter4;    // after the protection, before the address (section 6)
        bool isBelow = address.Value != 0 && address.Page < UserRange.Lowest;    // 0 asks for the system's choice
        if (isBelow || address.Page >= space.User.End) return NtStatus.InvalidParameter2;
        return (ulong)address.Value + byteLength > space.User.End.Address.Value ? NtStatus.InvalidParameter3 : NtStatus.Success;
    }

    /// <summary>The page after the highest that a number of zero bits allows. Returns false if there are too many.</summary>
    public static bool TryLimit(WindowsSpace space, uint zeroBits, out PageNumber limit)
    {
        limit = space.User.End;
        if (zeroBits > 21) return false;    // rule 19: 2^11 is less than a page
        if (zeroBits != 0) limit = new(Math.Min(limit.Value, (uint)((1ul << (int)(32 - zeroBits)) >> VirtualAddress.PageShift)));
        return true;
    }
}
