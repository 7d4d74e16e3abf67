using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;

namespace Paging.Core.Spaces;

/// <summary>The records of all areas of an engine, their histories, and for each object the list of areas that map it.</summary>
internal sealed class AreaStore : IDisposable
{
    /// <param name="injection">Makes allocations fail in tests.</param>
    /// <param name="maxMapCount">The most areas that one address space may have.</param>
    /// <param name="trieFromAreas">A space with at least this many areas keeps them in a trie as well.</param>
    public AreaStore(FaultInjection injection, int maxMapCount, int trieFromAreas)
    {
        Slab = new(injection);
        TrieNodes = new(injection);
        RootRecords = new(injection);
        LinkRecords = new(injection);
        Roots = new(Slab, RootRecords, LinkRecords);
        OfObjects = new(Slab);
        MaxMapCount = maxMapCount;
        TrieFromAreas = trieFromAreas;
    }

    /// <summary>Area records.</summary>
    public NativeSlab<Area> Slab { get; }

    /// <summary>Nodes of the tries of spaces with very many areas.</summary>
    public RadixForest TrieNodes { get; }

    /// <summary>Records of the histories of areas.</summary>
    public NativeSlab<AnonymousRoot> RootRecords { get; }

    /// <summary>Records that connect areas with their histories.</summary>
    public NativeSlab<AnonymousLink> LinkRecords { get; }

    /// <summary>The histories of areas: the roots of the reverse map.</summary>
    public AnonymousRoots Roots { get; }

    /// <summary>The areas that map each object.</summary>
    public ObjectAreas OfObjects { get; }

    /// <summary>The most areas that one address space may have. Linux: vm.max_map_count.</summary>
    public int MaxMapCount { get; set; }

    /// <summary>A space with at least this many areas keeps them in a trie as well (decisions/0017).</summary>
    public int TrieFromAreas { get; }

    /// <summary>Audits S1–S3 of every slab.</summary>
    public void Audit(AuditReport report)
    {
        Slab.Audit(report);
        RootRecords.Audit(report);
        LinkRecords.Audit(report);
    }

    public void Dispose()
    {
        LinkRecords.Dispose();
        RootRecords.Dispose();
        TrieNodes.Dispose();
        Slab.Dispose();
    }
}
