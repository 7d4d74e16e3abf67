using Paging.Native;

namespace Paging.Guest.Debugging;

/// <summary>The kind of a watchpoint: the packets Z2, Z3 and Z4.</summary>
internal enum WatchKind
{
    /// <summary>Writes.</summary>
    Write = 2,

    /// <summary>Reads.</summary>
    Read = 3,

    /// <summary>Both.</summary>
    Access = 4,
}

/// <summary>A watchpoint.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="ByteLength">Its length.</param>
internal readonly record struct WatchedRange(WatchKind Kind, VirtualAddress Start, uint ByteLength)
{
    /// <summary>The bytes that a string or vector instruction may access before the one at which it faults.</summary>
    private const uint Reach = 15;    // 16 bytes of a vector, less the one

    /// <summary>The form in which a stop is reported to gdb.</summary>
    public string Reason => Kind switch { WatchKind.Write => "watch", WatchKind.Read => "rwatch", _ => "awatch" };

    public bool IsNear(VirtualAddress address) =>
        address.Value + (ulong)Reach >= Start.Value && address.Value < (ulong)Start.Value + ByteLength;

    public IEnumerable<PageNumber> Pages
    {
        get
        {
            for (uint page = Start.Page.Value; page <= (Start + (ByteLength - 1)).Page.Value; page++) yield return new(page);
        }
    }
}
