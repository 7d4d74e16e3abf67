using Microsoft.Win32.SafeHandles;

namespace Paging.Core.Files;

/// <summary>A file of the host, read and written at offsets through its handle. No managed memory a call.</summary>
/// <remarks>
/// Other programs may change the file meanwhile: what is cached does not follow, and a file that they cut short reads as zeros there
/// (mapping it instead would mean a SIGBUS that .NET cannot survive).
/// </remarks>
internal sealed class HostFileBacking : IFileBacking
{
    private const int SectorByteLength = 512;

    private SafeFileHandle _handle;

    /// <exception cref="IOException">The host cannot open it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened so.</exception>
    public HostFileBacking(string path, FileRights rights, FileMode mode)
    {
        Path = path;
        Rights = rights;
        _handle = Open(path, rights, mode);
        ByteLength = RandomAccess.GetLength(_handle);
    }

    public string Path { get; }

    /// <summary>What it was opened for.</summary>
    public FileRights Rights { get; private set; }

    public long ByteLength { get; }

    /// <summary>Opens it anew with more rights.</summary>
    public void Upgrade(FileRights rights)
    {
        if ((Rights | rights) == Rights) return;
        string itself = $"/proc/self/fd/{_handle.DangerousGetHandle()}";    // another file may have its name by now (Linux)
        SafeFileHandle wider = Open(File.Exists(itself) ? itself : Path, Rights | rights, FileMode.Open);
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

    public Errno SetLength(long byteLength)
    {
        try
        {
            RandomAccess.SetLength(_handle, byteLength);
            return Errno.None;
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return HostError.ToErrno(failure);
        }
    }

    public Errno Flush()
    {
        try
        {
            if ((Rights & FileRights.Write) != 0) RandomAccess.FlushToDisk(_handle);
            return Errno.None;
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return HostError.ToErrno(failure);
        }
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>An exception does not say how much the host took before, as write(2) does. So the same bytes go once more, in small pieces.</summary>
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

    /// <summary>No lock on the file: the host's other programs go on as with any file.</summary>
    private static SafeFileHandle Open(string path, FileRights rights, FileMode mode) =>
        File.OpenHandle(path, mode, AccessOf(rights), FileShare.ReadWrite | FileShare.Delete);

    private static FileAccess AccessOf(FileRights rights) => (rights & FileRights.Write) != 0 ? FileAccess.ReadWrite : FileAccess.Read;
}
