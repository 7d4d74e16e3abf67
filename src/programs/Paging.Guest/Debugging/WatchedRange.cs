using Paging.Native;
using Paging.Processors.Emulation;

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
    /// <summary>The form in which a stop is reported to gdb.</summary>
    public string Reason => Kind switch { WatchKind.Write => "watch", WatchKind.Read => "rwatch", _ => "awatch" };

    /// <summary>True if the program's next instruction makes an access of this kind. Of stores only changes are hits.</summary>
    public bool WillBeHit(DebugStops stops) => Kind != WatchKind.Write
        && (stops.WillTouch(Start, ByteLength, isLoad: true)
            || (Kind == WatchKind.Access && stops.WillTouch(Start, ByteLength, isLoad: false)));

    public IEnumerable<PageNumber> Pages
    {
        get
        {
            for (uint page = Start.Page.Value; page <= (Start + (ByteLength - 1)).Page.Value; page++) yield return new(page);
        }
    }
}
