namespace Paging.ReferenceModel.Costs;

/// <summary>The page faults of a process so far.</summary>
internal readonly record struct ModelFaults(long Minor, long Major, long Refused, long Around, long Zeroed, long Copied);

/// <summary>A request that the engine made of a backing or a swap store.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Source">The file or store.</param>
/// <param name="Offset">Its first byte, in the source.</param>
/// <param name="Bytes">Its length.</param>
internal readonly record struct ModelRequest(ModelRequestKind Kind, int Source, long Offset, long Bytes);

/// <summary>The kinds of request.</summary>
internal enum ModelRequestKind
{
    /// <summary>A read of a file.</summary>
    ReadFile,

    /// <summary>A read of a swapped page.</summary>
    ReadSwap,

    /// <summary>A write.</summary>
    Write,

    /// <summary>A flush.</summary>
    Flush,
}

/// <summary>The counters and page tables of the engine that is priced, read from outside.</summary>
/// <remarks>A process is a number that is never reused.</remarks>
internal interface IModelFacts
{
    /// <summary>Frames that reclaim has looked at.</summary>
    long Scanned { get; }

    /// <summary>Frames that it has freed.</summary>
    long Reclaimed { get; }

    /// <summary>Reads of pages that the page cache did not have.</summary>
    long CacheMisses { get; }

    /// <summary>The faults of a process.</summary>
    ModelFaults FaultsOf(int process);

    /// <summary>A number that grows when the tables lose a translation or a right.</summary>
    ulong ChangesOf(int process);

    /// <summary>The pages that are mapped.</summary>
    long ResidentOf(int process);

    /// <summary>The process has ended.</summary>
    bool HasExited(int process);

    /// <summary>An entry of its tables.</summary>
    ModelEntry Read(int process, ulong page, int level);

    /// <summary>The file that is mapped at a page, and the offset in it.</summary>
    (int Source, long Offset)? FileAt(int process, ulong page);

    /// <summary>The requests since the last call, in their order.</summary>
    IReadOnlyList<ModelRequest> TakeRequests();
}
