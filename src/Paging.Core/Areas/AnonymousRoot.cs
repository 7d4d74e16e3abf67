using System.Runtime.InteropServices;

namespace Paging.Core.Areas;

/// <summary>The place of a root in the engine's slab; 0 is none.</summary>
internal readonly record struct AnonymousRootIndex(uint Value)
{
    public static AnonymousRootIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>The place of a link in the engine's slab; 0 is none.</summary>
internal readonly record struct AnonymousLinkIndex(uint Value)
{
    public static AnonymousLinkIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>Who owns private pages: from a frame, its root leads to every area that may map it. Also an area's history (dialect, section 6, rule 4).</summary>
/// <remarks>Linux: struct anon_vma, since 2.6.34 one for each generation of a fork.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct AnonymousRoot
{
    public AnonymousRootIndex Parent;       // itself for a root that was not made by a fork
    public AnonymousLinkIndex FirstLink;    // every area that may map its pages
    public uint ChildCount;                 // N1  roots whose Parent this is, itself included
    public uint ActiveAreaCount;            // N2  areas whose Root this is
}

/// <summary>One area under one root. In the area's chain and in the root's list at once.</summary>
/// <remarks>Linux: struct anon_vma_chain.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct AnonymousLink
{
    public AreaIndex Area;
    public AnonymousRootIndex Root;
    public AnonymousLinkIndex NextOfArea;
    public AnonymousLinkIndex NextOfRoot, PreviousOfRoot;
}
