namespace Paging.Costs;

/// <summary>The kinds of <see cref="DeviceRequest"/>.</summary>
internal enum RequestKind
{
    ReadFile,
    ReadSwap,
    Write,
    Flush,
}

/// <summary>A request that the engine has made of a backing or a swap store since the ledger looked last.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Source">The backing or store, for a place on the device; pages in flight belong to it.</param>
/// <param name="Offset">The first byte, in the source.</param>
/// <param name="ByteLength">The length; 0 for a flush.</param>
internal readonly record struct DeviceRequest(RequestKind Kind, TimedSource Source, long Offset, long ByteLength)
{
    /// <summary>True if another one goes on where this one ends, so that the kernel makes one request of both.</summary>
    public bool Joins(in DeviceRequest next) => Kind == next.Kind && Kind != RequestKind.Flush && Source == next.Source
        && Offset + ByteLength == next.Offset;
}
