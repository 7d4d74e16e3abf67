namespace Paging.Core.Frames;

/// <summary>The address spaces that a block of a transparent huge page is known to be mapped by: at most two; 0 is none.</summary>
/// <remarks>
/// A space that maps the block while two others do is never known to be its only user, even after they have gone, and copies each small
/// page that it writes. Linux: folio_add_large_mapcount, folio->_mm_id (include/linux/rmap.h).
/// </remarks>
internal struct HugeUsers
{
    private const uint Miscounted = 1u << 31;

    public uint First { readonly get; set; }

    public uint Second { readonly get; set; }

    public readonly bool IsFull => First != 0 && Second != 0;

    /// <summary>True if the space can be recognised as the only user.</summary>
    public readonly bool Has(uint user) => First == user || Second == user;

    public void Add(uint user)
    {
        if (Has(user) || Has(user | Miscounted) || IsFull) return;
        if (First == 0) First = user;
        else Second = user;
    }

    /// <summary>
    /// Adds a space whose leaf is split while it is not known: it takes a place, but its count is one too small to be that of all mappings.
    /// </summary>
    /// <remarks>Linux: __split_huge_pmd_locked adds the small entries, then removes the huge one, which was not counted.</remarks>
    public void AddMiscounted(uint user)
    {
        if (!Has(user)) Add(user | Miscounted);
    }

    /// <summary>Frees the place that <see cref="AddMiscounted"/> has taken, when the leaf is whole again.</summary>
    public void RemoveMiscounted(uint user) => KeepOnly(First != (user | Miscounted), Second != (user | Miscounted));

    /// <summary>Keeps those users that are among the ones found. Linux: a count that falls to 0 frees the place.</summary>
    public void KeepOnly(bool first, bool second)
    {
        if (!first) First = 0;
        if (!second) Second = 0;
    }

    /// <summary>The space that a place holds.</summary>
    public static uint SpaceOf(uint user) => user & ~Miscounted;
}
