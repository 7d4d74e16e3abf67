using System.Runtime.InteropServices;

namespace Paging.Core.Spaces;

/// <summary>The index of a root in the engine's slab; 0 means none.</summary>
internal readonly record struct AnonymousRootIndex(uint Value)
{
    public static AnonymousRootIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>The index of a link in the engine's slab; 0 means none.</summary>
internal readonly record struct AnonymousLinkIndex(uint Value)
{
    public static AnonymousLinkIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>The owner of private pages: leads from a frame to every area that may map it. It is also an area's history.</summary>
/// <remarks>
/// Areas with different histories cannot be joined. Linux: struct anon_vma, since 2.6.34 one for each generation of a fork.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct AnonymousRoot
{
    public AnonymousRootIndex Parent;       // the root itself if it was not made by a fork
    public AnonymousLinkIndex FirstLink;    // every area that may map its pages
    public uint ChildCount;                 // N1  the roots whose Parent this is, including itself
    public uint ActiveAreaCount;            // N2  the areas whose Root this is
}

/// <summary>Connects one area with one root. It is in the area's chain and in the root's list.</summary>
/// <remarks>Linux: struct anon_vma_chain.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct AnonymousLink
{
    public AreaIndex Area;
    public AnonymousRootIndex Root;
    public AnonymousLinkIndex NextOfArea;
    public AnonymousLinkIndex NextOfRoot, PreviousOfRoot;
}
