using Paging.Native;

namespace Paging.Core;

/// <summary>The storage of a file: a host file, memory, or a device that fails on purpose.</summary>
/// <remarks><code>
/// Errors          methods return an error of the host as an Errno. An exception is an I/O error for the guest (EIO, SIGBUS), and the
///                 engine's call in progress throws it to the host at its end
/// Threading       called on the engine's thread; reads on others too, if <see cref="AllowsConcurrentReads"/> is true.
///                 Calls of the same engine are refused with an InvalidOperationException
/// Whole pages     the engine transfers pages of 4 KiB, several in one call if their frames are neighbours. Only the last page of a file
///                 is cut at the end of the file. A device that takes less than it is given should take whole pages, so that no page is
///                 half written when the next call fails
/// </code></remarks>
public interface IFileBacking : IDisposable
{
    /// <summary>The length in bytes when the file is opened.</summary>
    long ByteLength { get; }

    /// <summary>True if several threads may call <see cref="Read"/> at a time, and while any other member runs but Dispose.</summary>
    /// <remarks>
    /// In an engine with many threads, an access to a page that is not cached then reads outside the engine, while other threads go on.
    /// Bytes that are read while they are written are discarded, so they may be anything. Read once, when the file is created. The
    /// default implementation returns false.
    /// </remarks>
    bool AllowsConcurrentReads => false;

    /// <summary>Reads bytes of the file into a span.</summary>
    /// <param name="offset">The offset of the first byte in the file.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="byteCount">
    /// The number of bytes read: fewer than the span holds if the file ends or the device returns no more, 0 at the end of the file.
    /// </param>
    Errno Read(long offset, Span<byte> destination, out int byteCount);

    /// <summary>Writes a span to the file, and makes the file longer if needed.</summary>
    /// <param name="offset">The offset of the first byte in the file.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="byteCount">The number of bytes written: fewer than the span holds if the device accepts no more.</param>
    Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount);

    /// <summary>Makes the file shorter or longer. New bytes read as zeros.</summary>
    Errno SetLength(long byteLength);

    /// <summary>Makes a range within the file read as zeros, and frees its storage if the device can.</summary>
    /// <remarks>The default implementation writes zeros, 4 KiB in a call.</remarks>
    Errno PunchHole(long offset, long byteLength)
    {
        Span<byte> zeros = stackalloc byte[(int)VirtualAddress.PageSize];
        zeros.Clear();
        if (offset < 0 || byteLength < 0 || byteLength > long.MaxValue - offset) return Errno.EINVAL;
        for (long end = offset + byteLength; offset < end;)
        {
            Errno error = Write(offset, zeros[..(int)Math.Min(zeros.Length, end - offset)], out int count);
            if (error == Errno.None && count == 0) error = Errno.EIO;    // no progress: it would go on for ever
            if (error != Errno.None) return error;
            offset += count;
        }

        return Errno.None;
    }

    /// <summary>Reserves storage for a range, so that later writes there do not fail for lack of space. The length stays.</summary>
    /// <returns>The default implementation reserves nothing: EOPNOTSUPP.</returns>
    Errno Allocate(long offset, long byteLength) => Errno.EOPNOTSUPP;

    /// <summary>
    /// Permits a store to a page through a shared mapping, and may reserve storage so that the page's write-back does not fail. The engine
    /// calls it when a store makes a page writable, also for a page that is dirty already. Linux: page_mkwrite.
    /// </summary>
    /// <param name="offset">The offset of the page in the file.</param>
    /// <returns>An error refuses the store: SIGBUS to the guest. The default implementation permits every store.</returns>
    Errno PermitStore(long offset) => Errno.None;

    /// <summary>Finds the first byte of an extent at or after an offset, as lseek(2) does with SEEK_DATA and SEEK_HOLE.</summary>
    /// <param name="offset">The byte at which the search begins.</param>
    /// <param name="wanted">The kind of extent.</param>
    /// <param name="found">The offset of the first byte, at least <paramref name="offset"/>.</param>
    /// <returns>
    /// ENXIO: none up to the end. The default implementation returns EOPNOTSUPP, and the engine treats the whole file as data.
    /// </returns>
    Errno FindExtent(long offset, FileExtent wanted, out long found)
    {
        found = -1;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>Returns when everything written so far is durable.</summary>
    Errno Flush();
}
