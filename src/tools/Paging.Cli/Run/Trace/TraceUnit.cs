namespace Paging.Cli.Run.Trace;

/// <summary>The unit of a line of a trace of <c>paging run</c>.</summary>
internal enum TraceUnit
{
    /// <summary>One access.</summary>
    Access,

    /// <summary>Consecutive accesses to the same 64 bytes.</summary>
    Line,

    /// <summary>Consecutive accesses to the same page.</summary>
    Page,
}
