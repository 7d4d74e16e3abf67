using Paging.Traces.Reading;

namespace Paging.Cli.Run.Trace;

/// <summary>The accesses of a program to record, and the format.</summary>
/// <param name="Path">The file; <c>-</c> for standard output. A name that ends in <c>.gz</c> is compressed.</param>
/// <param name="Format"><see cref="TraceFormat.Lackey"/> or <see cref="TraceFormat.Address"/>.</param>
/// <param name="Unit">The unit of a line.</param>
/// <param name="SampleEvery">Record one page in this number, chosen by a hash; 1 for all.</param>
/// <param name="HasChildren">True for all processes, not only the first.</param>
internal sealed record TraceRequest(string Path, TraceFormat Format, TraceUnit Unit, int SampleEvery, bool HasChildren)
{
    /// <summary>True if it goes to standard output; the program's own output then goes to standard error.</summary>
    public bool IsForPipe => string.Equals(Path, "-", StringComparison.Ordinal);
}
