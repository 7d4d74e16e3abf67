namespace Paging.Core;

/// <summary>Where the pages of a file come from and go to: a host file, memory, a device that fails on purpose.</summary>
/// <remarks>Never throws: what the host reports becomes an <see cref="Errno"/>. Called on the engine's thread, whole pages at a time where possible.</remarks>
public interface IFileBacking : IDisposable
{
    /// <summary>The length in bytes when the file is opened.</summary>
    long ByteLength { get; }

    /// <summary>Reads up to the whole span; fewer bytes at the end of the file or when the device gives no more.</summary>
    Errno Read(long offset, Span<byte> destination, out int byteCount);

    /// <summary>Writes up to the whole span; fewer bytes when the device takes no more.</summary>
    Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount);

    /// <summary>Makes the file shorter or longer; new bytes read as zeros.</summary>
    Errno SetLength(long byteLength);

    /// <summary>Returns when everything written before is durable.</summary>
    Errno Flush();
}
