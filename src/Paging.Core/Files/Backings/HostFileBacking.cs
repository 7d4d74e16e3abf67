using Microsoft.Win32.SafeHandles;

namespace Paging.Core.Files;

/// <summary>A host file, read and written at offsets through its handle. Calls allocate no managed memory unless they fail.</summary>
/// <remarks>
/// Other programs may change the file at the same time. Cached pages do not follow such changes, and where the file was made shorter it
/// reads as zeros. A mapping of the file would raise SIGBUS there, which .NET cannot survive.
/// </remarks>
internal sealed class HostFileBacking : IFileBacking
{
    private const int SectorByteLength = 512;

    private SafeFileHandle _handle;

    /// <summary>Opens or creates the file.</summary>
    /// <exception cref="IOException">The host cannot open it.</exception>
    /// <exception cref="UnauthorizedAccessException">The host does not allow these rights.</exception>
    public HostFileBacking(string path, FileRights rights, FileMode mode)
    {
        Path = path;
        Rights = rights;
        _handle = Open(path, rights, mode);
        ByteLength = RandomAccess.GetLength(_handle);
    }

    public string Path { get; }

    /// <summary>The rights it is open with.</summary>
    public FileRights Rights { get; private set; }

    public long ByteLength { get; }

    /// <summary>Reopens the file if it needs more rights.</summary>
    public void Upgrade(FileRights rights)
    {
        if ((Rights | rights) == Rights) return;
        string itself = $"/proc/self/fd/{_handle.DangerousGetHandle()}";    // on Linux: the path may name another file by now
        SafeFileHandle wider = Open(File.Exists(itself) ? itself : Path, Rights | rights, FileMode.Open);    // first: it may be refused
        _handle.Dispose();
        _handle = wider;
        Rights |= rights;
    }

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        try
        {
            byteCount = RandomAccess.Read(_handle, destination, offset);
            return Errno.None;
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return HostError.ToErrno(failure);
        }
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        try
        {
            RandomAccess.Write(_handle, source, offset);    // all of it, or an exception
            byteCount = source.Length;
            return Errno.None;
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return WriteBySectors(offset, source, out byteCount);
        }
    }

    public Errno SetLength(long byteLength) =>
        HostError.Of((_handle, byteLength), static call => RandomAccess.SetLength(call._handle, call.byteLength));

    public Errno Flush() => (Rights & FileRights.Write) == 0 ? Errno.None : HostError.Of(_handle, RandomAccess.FlushToDisk);

    public void Dispose() => _handle.Dispose();

    /// <summary>
    /// Writes the same bytes again in small pieces. Unlike write(2), an exception does not report the number of bytes that the host took.
    /// </summary>
    private Errno WriteBySectors(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        try
        {
            while (byteCount < source.Length)
            {
                int count = Math.Min(SectorByteLength, source.Length - byteCount);
                RandomAccess.Write(_handle, source.Slice(byteCount, count), offset + byteCount);
                byteCount += count;
            }

            return Errno.None;
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return byteCount != 0 ? Errno.None : HostError.ToErrno(failure);
        }
    }

    /// <summary>Opens the file without a lock, so that other programs can use it as any file.</summary>
    private static SafeFileHandle Open(string path, FileRights rights, FileMode mode) =>
        File.OpenHandle(path, mode, AccessOf(rights), FileShare.ReadWrite | FileShare.Delete);

    private static FileAccess AccessOf(FileRights rights) => (rights & FileRights.Write) != 0 ? FileAccess.ReadWrite : FileAccess.Read;
}
