namespace Paging.Cli.Run.Trace;

/// <summary>What a line of a trace of <c>paging run</c> stands for.</summary>
internal enum TraceUnit
{
    /// <summary>One access.</summary>
    Access,

    /// <summary>Accesses to the same 64 bytes, one behind the other.</summary>
    Line,

    /// <summary>Accesses to the same page, one behind the other.</summary>
    Page,
}
