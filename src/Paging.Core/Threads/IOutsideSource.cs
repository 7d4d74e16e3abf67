namespace Paging.Core.Threads;

/// <summary>The source of an <see cref="OutsideRead"/>: the backing of a file or the store of a swap device.</summary>
internal interface IOutsideSource
{
    /// <summary>The number of threads that read from it outside the slow path. Changes on the slow path only.</summary>
    int OutsideReaders { get; set; }

    /// <summary>Outside the slow path: reads whole pages. Exceptions of the host's code reach the caller.</summary>
    /// <param name="page">The first page, or slot.</param>
    /// <param name="bytes">Receives the pages. Bytes behind the end of a file are zeros.</param>
    /// <param name="wholeCount">The number of pages, from the first on, that were read completely.</param>
    Errno ReadOutside(uint page, Span<byte> bytes, out int wholeCount);

    /// <summary>On the slow path: called when the last of those threads is back. Closes the source if closing had to wait.</summary>
    void EndOutsideReads();
}
