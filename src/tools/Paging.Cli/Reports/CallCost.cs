namespace Paging.Cli.Reports;

/// <summary>The cost of all calls of one name in one process.</summary>
internal sealed class CallCost
{
    /// <summary>The number of calls.</summary>
    public long Count { get; set; }

    /// <summary>Page faults without I/O.</summary>
    public long MinorFaults { get; set; }

    /// <summary>Page faults that had to read.</summary>
    public long MajorFaults { get; set; }

    /// <summary>Page faults that ended in a signal or an error.</summary>
    public long RefusedFaults { get; set; }

    /// <summary>Frames of anonymous memory gained by the calls; a call that freed some counts 0.</summary>
    public long AnonymousFrames { get; set; }

    /// <summary>The same for pages of files.</summary>
    public long FileFrames { get; set; }

    /// <summary>The same for page tables.</summary>
    public long TableFrames { get; set; }

    /// <summary>Frames that were free after the calls and not before them.</summary>
    public long FreedFrames { get; set; }

    /// <summary>The host's time.</summary>
    public TimeSpan HostTime { get; set; }

    /// <summary>All page faults.</summary>
    public long Faults => MinorFaults + MajorFaults + RefusedFaults;

    /// <summary>All frames taken.</summary>
    public long Frames => AnonymousFrames + FileFrames + TableFrames;
}
