using Paging.Native;

namespace Paging.Core.Areas;

/// <summary>The records of all areas of an engine, their histories, and the lists of who maps which object.</summary>
internal sealed class AreaStore : IDisposable
{
    /// <param name="injection">Makes allocations fail in tests.</param>
    /// <param name="maxMapCount">How many areas one address space may have.</param>
    /// <param name="trieFromAreas">From how many areas on a space also keeps them in a trie.</param>
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

    /// <summary>Nodes of the tries that spaces with very many areas have.</summary>
    public RadixForest TrieNodes { get; }

    /// <summary>Records of the histories of areas.</summary>
    public NativeSlab<AnonymousRoot> RootRecords { get; }

    /// <summary>Records of which area belongs to which history.</summary>
    public NativeSlab<AnonymousLink> LinkRecords { get; }

    /// <summary>The histories of areas: the roots of the reverse map.</summary>
    public AnonymousRoots Roots { get; }

    /// <summary>The areas that map each object.</summary>
    public ObjectAreas OfObjects { get; }

    /// <summary>How many areas one address space may have. Linux: vm.max_map_count.</summary>
    public int MaxMapCount { get; set; }

    /// <summary>From how many areas on a space also keeps them in a trie (decisions/0017).</summary>
    public int TrieFromAreas { get; }

    /// <summary>S1–S3 of every slab.</summary>
    public void Audit(AuditReport report)
    {
        Slab.Audit(report);
        RootRecords.Audit(report);
        LinkRecords.Audit(report);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LinkRecords.Dispose();
        RootRecords.Dispose();
        TrieNodes.Dispose();
        Slab.Dispose();
    }
}
