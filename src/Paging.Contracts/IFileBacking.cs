namespace Paging.Core;

/// <summary>Where the pages of a file come from and go to: a host file, memory, a device that fails on purpose.</summary>
/// <remarks><code>
/// Never throws    what the host reports becomes an Errno
/// Called on       the engine's thread; it may look at guest memory, but makes no call on files of the same engine
/// Whole pages     the engine asks for pages of 4 KiB, many in one call where their frames are neighbours; only the last
///                 page of a file is cut at its end. A device that takes less than it was given does best to take whole
///                 pages: then none is half written when the next call fails
/// </code></remarks>
public interface IFileBacking : IDisposable
{
    /// <summary>The length in bytes when the file is opened.</summary>
    long ByteLength { get; }

    /// <summary>Reads up to the whole span; fewer bytes at the end of the file or when the device gives no more, 0 at the end.</summary>
    Errno Read(long offset, Span<byte> destination, out int byteCount);

    /// <summary>Writes up to the whole span, making the file longer as needed; fewer bytes when the device takes no more.</summary>
    Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount);

    /// <summary>Makes the file shorter or longer; new bytes read as zeros.</summary>
    Errno SetLength(long byteLength);

    /// <summary>Makes bytes within the file read as zeros, and gives back their room where it can. Unless a device knows better, zeros are written.</summary>
    Errno PunchHole(long offset, long byteLength)
    {
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        for (long end = offset + byteLength; offset < end;)
        {
            Errno error = Write(offset, zeros[..(int)Math.Min(zeros.Length, end - offset)], out int count);
            if (error == Errno.None && count == 0) error = Errno.EIO;
            if (error != Errno.None) return error;
            offset += count;
        }

        return Errno.None;
    }

    /// <summary>Returns when everything written before is durable.</summary>
    Errno Flush();
}
