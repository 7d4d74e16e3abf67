using Paging.Core;
using Paging.Windows.Caching;

namespace Paging.Windows;

/// <summary>A file as a Windows process has opened it: a file of the engine, and the rights that the open requested.</summary>
/// <remarks>
/// Linux processes can open and map the same <see cref="GuestFile"/>: there is one set of pages. Not here: share modes, locks and
/// positions. Not thread-safe; see <see cref="PagingEngine"/>.
/// </remarks>
public sealed class WindowsFile
{
    private readonly WindowsMachine _machine;
    private ReadPattern _pattern;

    internal WindowsFile(WindowsMachine machine, GuestFile file, FileAccessRights rights, FileCaching caching) =>
        (_machine, File, Rights, Caching) = (machine, file, rights, caching);

    /// <summary>The engine's file of the handle.</summary>
    public GuestFile File { get; }

    /// <summary>The rights that the file was opened with.</summary>
    public FileAccessRights Rights { get; }

    /// <summary>How its bytes are cached.</summary>
    public FileCaching Caching { get; }

    /// <summary>The size in bytes: GetFileSizeEx.</summary>
    public long ByteLength => File.ByteLength;

    /// <summary>Reads through the page cache: ReadFile with an offset. Fewer bytes at the end of the file.</summary>
    /// <returns>
    /// ERROR_ACCESS_DENIED: not opened to read. ERROR_INVALID_PARAMETER: without buffering, not whole sectors of 512 bytes.
    /// ERROR_IO_DEVICE, ERROR_NOT_ENOUGH_MEMORY.
    /// </returns>
    public Win32Error ReadFile(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        _machine.Parts.ThrowIfDisposed();
        if (!Allows(FileAccessRights.Read)) return Win32Error.AccessDenied;
        if (!Has(FileCaching.NoBuffering))
            return Translate(_machine.Cache.CopyRead(File, ref _pattern, Caching, offset, destination, out byteCount));
        Errno error = File.Open(FileRights.Read, OpenFlags.Direct, out OpenFileDescription? direct);
        using (direct) return Translate(error != Errno.None ? error : direct!.ReadAt(offset, destination, out byteCount));
    }

    /// <summary>Writes through the page cache: WriteFile with an offset. Views see the bytes at once.</summary>
    /// <returns>As <see cref="ReadFile"/>; ERROR_ACCESS_DENIED: not opened to write.</returns>
    public Win32Error WriteFile(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        _machine.Parts.ThrowIfDisposed();
        if (!Allows(FileAccessRights.Write)) return Win32Error.AccessDenied;
        if ((Caching & (FileCaching.NoBuffering | FileCaching.WriteThrough)) == 0)
            return Translate(_machine.Cache.CopyWrite(File, offset, source, out byteCount));
        OpenFlags flags = Has(FileCaching.NoBuffering) ? OpenFlags.Direct : OpenFlags.None;
        Errno error = File.Open(FileRights.Write, flags, out OpenFileDescription? open);
        if (error != Errno.None) return Translate(error);
        using (open)
        {
            error = flags == OpenFlags.Direct ? open!.WriteAt(offset, source, out byteCount)
                : _machine.Cache.CopyWrite(File, offset, source, out byteCount);
            if (error == Errno.None && Has(FileCaching.WriteThrough)) error = open!.Synchronize();
            if (error != Errno.None) byteCount = 0;
            return Translate(error);
        }
    }

    /// <summary>Cuts the file or makes it longer: SetEndOfFile at a position. Linux' ftruncate cuts mapped files, too.</summary>
    /// <returns>ERROR_ACCESS_DENIED: not opened to write. ERROR_USER_MAPPED_FILE: a section reaches beyond the new end.</returns>
    public Win32Error SetEndOfFile(long byteLength)
    {
        _machine.Parts.ThrowIfDisposed();
        if (!Allows(FileAccessRights.Write)) return Win32Error.AccessDenied;
        // Rule 21 of WINDOWS.md: no cut below the end of a section
        if (byteLength < File.ByteLength && byteLength < _machine.LengthNeededOf(File)) return Win32Error.UserMappedFile;
        return Translate(File.SetLength(byteLength));
    }

    private bool Has(FileCaching flag) => (Caching & flag) != 0;

    internal bool Allows(FileAccessRights rights) => (Rights & rights) == rights;

    internal bool IsOf(WindowsMachine machine) => _machine == machine;

    private static Win32Error Translate(Errno error) => error switch
    {
        Errno.None => Win32Error.Success,
        Errno.ENOMEM => Win32Error.NotEnoughMemory,
        Errno.EINVAL or Errno.EFBIG => Win32Error.InvalidParameter,
        Errno.EACCES or Errno.EPERM => Win32Error.AccessDenied,
        _ => Win32Error.IoDevice,
    };
}
