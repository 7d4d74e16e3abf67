namespace Paging.Traces.Reading;

/// <summary>The form of a trace: parses its lines. A struct, so that the reader is compiled for it.</summary>
internal interface ITraceFormat
{
    /// <summary>True when the lines so far distinguish loads from stores.</summary>
    bool HasStores { get; }

    /// <summary>Reads a line that is not blank.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="run">The accesses that it records, perhaps none.</param>
    /// <param name="place">The index of the byte that does not fit, if there is a reason.</param>
    /// <returns>Null, or the reason why this is no such line.</returns>
    string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place);
}
