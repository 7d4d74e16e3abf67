namespace Paging.Core.Files;

/// <summary>Converts exceptions of host I/O to error numbers. They occur only if I/O has failed, never on paths that run often.</summary>
internal static class HostError
{
    private const int DiskFullOnWindows = unchecked((int)0x8007_0070);    // HRESULT_FROM_WIN32(ERROR_DISK_FULL)

    /// <summary>True for an exception that reports a failure of the host's file, not a defect of the engine.</summary>
    /// <remarks>The fourth is .NET's exception for EFBIG: beyond RLIMIT_FSIZE, or what the file system can hold.</remarks>
    public static bool IsOne(Exception failure) => failure is IOException or UnauthorizedAccessException or ObjectDisposedException
        or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>Calls the host. The state keeps the call from allocating.</summary>
    public static Errno Of<TState>(TState state, Action<TState> call)
    {
        try
        {
            call(state);
            return Errno.None;
        }
        catch (Exception failure) when (IsOne(failure))
        {
            return ToErrno(failure);
        }
    }

    /// <summary>The error number of an exception. On Unix, .NET keeps the system's own number in HResult.</summary>
    public static Errno ToErrno(Exception failure) => failure switch
    {
        UnauthorizedAccessException => Errno.EACCES,
        ObjectDisposedException => Errno.EBADF,
        { HResult: (int)Errno.ENOSPC or DiskFullOnWindows } => Errno.ENOSPC,
        ArgumentOutOfRangeException or { HResult: (int)Errno.EFBIG } => Errno.EFBIG,
        _ => Errno.EIO,
    };
}
