namespace Paging.Traces.Reading;

/// <summary>The forms a trace may have.</summary>
public enum TraceFormat
{
    /// <summary>Detected from the first line.</summary>
    Auto,
    /// <summary>Valgrind's lackey: <c> S 1fff000538,8</c>.</summary>
    Lackey,
    /// <summary>Loads and stores by byte address: <c>s 0x1fffff50 1</c>.</summary>
    Address,
    /// <summary>Requests for runs of blocks: <c>first count ignored request</c>.</summary>
    Arc,
    /// <summary>Block numbers, one a line, and <c>*</c>.</summary>
    Lirs,
    /// <summary><c>page</c>, <c>page,store</c>, or libCacheSim's <c>time,id,size</c> and <c>time,id,size,op</c>.</summary>
    Csv,
    /// <summary>libCacheSim's binary records of 24 bytes.</summary>
    OracleGeneral,
    /// <summary>DynamoRIO's view tool: <c>12 4: 21646 read 8 byte(s) @ 0x00007ffd1fded688 by PC 0x…</c>.</summary>
    Drmemtrace,
    /// <summary>Samples that <c>perf mem record</c> took, as <c>perf script</c> prints them.</summary>
    Perf,
    /// <summary>ChampSim's binary records of 64 bytes. Not detected, as any bytes may be such a record.</summary>
    ChampSim,
}
