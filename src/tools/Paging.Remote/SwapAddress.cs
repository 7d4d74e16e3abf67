using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Paging.Remote;

/// <summary>The address of a swap device on servers, and how its pages travel.</summary>
public sealed class SwapAddress
{
    private const int SizeMegabytesMax = 1 << 16;    // 2^24 slots
    private static readonly ImmutableArray<string> Options = ["size", "batch", "window", "replicas", "compress"];

    private SwapAddress(RemoteAddress address) => Address = address;

    /// <summary>Where.</summary>
    public RemoteAddress Address { get; }

    /// <summary>The size of the device in pages of 4 KiB. Option <c>size</c>, in MiB [1024].</summary>
    public uint SlotCount { get; private set; }

    /// <summary>The number of pages that leave together, 1 to 1024. Option <c>batch</c> [32].</summary>
    public int BatchPages { get; private set; }

    /// <summary>The number of neighbours that come back together, 1 to 256: a power of two. Option <c>window</c> [8].</summary>
    public int WindowPages { get; private set; }

    /// <summary>The number of replicas that must have a page before it is given up here. Option <c>replicas</c> [0].</summary>
    public int ReplicaCount { get; private set; }

    /// <summary>False if pages always travel as they are. Option <c>compress</c>, 0 or 1 [1].</summary>
    public bool MayCompress { get; private set; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="windowPages">The number of neighbours that come back if the address does not set it.</param>
    /// <param name="swap">The address, or null.</param>
    /// <param name="complaint">The error in it.</param>
    public static bool TryParse(
        string text, int windowPages, [NotNullWhen(true)] out SwapAddress? swap, [NotNullWhen(false)] out string? complaint)
    {
        swap = null;
        if (!RemoteAddress.TryParse(text, Options, out RemoteAddress? address, out complaint)) return false;
        int megabytes = 1024, batch = 32, window = windowPages, replicas = 0, compress = 1;
        complaint =
            !address.TryGetNumber("size", 1, SizeMegabytesMax, ref megabytes) ? "size is 1 to 65536 MiB"
            : !address.TryGetNumber("batch", 1, 1024, ref batch) ? "batch is 1 to 1024 pages"
            : !address.TryGetNumber("window", 1, 256, ref window) || !int.IsPow2(window) ? "window is a power of two up to 256"
            : !address.TryGetNumber("replicas", 0, 16, ref replicas) ? "replicas is 0 to 16"
            : !address.TryGetNumber("compress", 0, 1, ref compress) ? "compress is 0 or 1"
            : address.Name.Length > 0 ? "a swap device has no name"
            : null;
        if (complaint is not null) return false;
        swap = new(address)
        {
            SlotCount = (uint)megabytes << 8,
            BatchPages = batch,
            WindowPages = window,
            ReplicaCount = replicas,
            MayCompress = compress != 0,
        };
        return true;
    }
}
