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

    internal WindowsFile(WindowsMachine machine, GuestFile file, FileAccessRights rights) =>
        (_machine, File, Rights) = (machine, file, rights);

    /// <summary>The engine's file behind the handle.</summary>
    public GuestFile File { get; }

    /// <summary>The rights that the file was opened with.</summary>
    public FileAccessRights Rights { get; }

    /// <summary>The size in bytes: GetFileSizeEx.</summary>
    public long ByteLength => File.ByteLength;

    /// <summary>Reads through the page cache: ReadFile with an offset. Fewer bytes at the end of the file.</summary>
    /// <returns>ERROR_ACCESS_DENIED: not opened to read. ERROR_IO_DEVICE, ERROR_NOT_ENOUGH_MEMORY.</returns>
    public Win32Error ReadFile(long offset, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        _machine.Parts.ThrowIfDisposed();
        if (!Allows(FileAccessRights.Read)) return Win32Error.AccessDenied;
        return Translate(_machine.Cache.CopyRead(File, ref _pattern, offset, destination, out byteCount));
    }

    /// <summary>Writes through the page cache: WriteFile with an offset. Views see the bytes at once.</summary>
    /// <returns>ERROR_ACCESS_DENIED: not opened to write. ERROR_IO_DEVICE, ERROR_NOT_ENOUGH_MEMORY.</returns>
    public Win32Error WriteFile(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        _machine.Parts.ThrowIfDisposed();
        if (!Allows(FileAccessRights.Write)) return Win32Error.AccessDenied;
        return Translate(_machine.Cache.CopyWrite(File, offset, source, out byteCount));
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
