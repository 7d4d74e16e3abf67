namespace Paging.Core.Files;

/// <summary>What the host's exceptions mean as error numbers. They come only from I/O that failed, never from what repeats.</summary>
internal static class HostError
{
    private const int DiskFullOnWindows = unchecked((int)0x8007_0070);    // HRESULT_FROM_WIN32(ERROR_DISK_FULL)

    /// <summary>An exception that tells of the host's file, not of a defect.</summary>
    public static bool IsOne(Exception failure) => failure is IOException or UnauthorizedAccessException or ObjectDisposedException;

    /// <summary>On Unix .NET keeps the system's own number in HResult.</summary>
    public static Errno ToErrno(Exception failure) => failure switch
    {
        UnauthorizedAccessException => Errno.EACCES,
        ObjectDisposedException => Errno.EBADF,
        { HResult: (int)Errno.ENOSPC or DiskFullOnWindows } => Errno.ENOSPC,
        { HResult: (int)Errno.EFBIG } => Errno.EFBIG,
        _ => Errno.EIO,
    };
}
