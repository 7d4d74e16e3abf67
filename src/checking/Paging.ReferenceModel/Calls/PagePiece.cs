using Paging.Native;

namespace Paging.ReferenceModel.Calls;

/// <summary>The bytes of an access that lie in one page.</summary>
/// <param name="Address">The first of them.</param>
/// <param name="Length">Their number, 1 to 4096.</param>
/// <param name="Done">The number of the access's bytes that lie in the pages below.</param>
internal readonly record struct PagePiece(VirtualAddress Address, int Length, long Done)
{
    public PageNumber Page => Address.Page;

    /// <summary>Cuts an access at the page boundaries, lowest first.</summary>
    public static IEnumerable<PagePiece> Of(VirtualAddress address, long byteLength)
    {
        for (long done = 0; done < byteLength;)
        {
            VirtualAddress next = new(unchecked(address.Value + (uint)done));
            int length = (int)Math.Min(4096 - next.OffsetInPage, byteLength - done);
            yield return new(next, length, done);
            done += length;
        }
    }
}
