using Paging.Policies.Traces;

namespace Paging.Cli.Run.Trace;

/// <summary>Which accesses of a program are written, and how.</summary>
/// <param name="Path">Where to; <c>-</c>: standard output. A name that ends in <c>.gz</c> is compressed.</param>
/// <param name="Format"><see cref="TraceFormat.Lackey"/> or <see cref="TraceFormat.Address"/>.</param>
/// <param name="Unit">What a line stands for.</param>
/// <param name="SampleEvery">One page of so many, chosen by its number; 1: all.</param>
/// <param name="HasChildren">Of all processes, not only of the first.</param>
internal sealed record TraceRequest(string Path, TraceFormat Format, TraceUnit Unit, int SampleEvery, bool HasChildren)
{
    /// <summary>It goes to standard output, so the program's own goes to standard error.</summary>
    public bool IsForPipe => string.Equals(Path, "-", StringComparison.Ordinal);
}
