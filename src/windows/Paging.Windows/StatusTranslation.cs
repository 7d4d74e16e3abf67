using System.Text;

namespace Paging.Windows;

/// <summary>Translates statuses to errors as kernel32 does, and names both as the headers do.</summary>
/// <remarks>Windows: RtlNtStatusToDosError.</remarks>
public static class StatusTranslation
{
    /// <summary>Returns true for success and for information.</summary>
    public static bool IsSuccess(this NtStatus status) => (int)status >= 0;    // NT_SUCCESS: severities 0 and 1 of four

    /// <summary>Returns the last error that a Win32 call sets when its native call has given the status.</summary>
    public static Win32Error ToWin32Error(this NtStatus status) => status switch
    {
        NtStatus.Success or NtStatus.ImageNotAtBase => Win32Error.Success,
        NtStatus.ObjectNameExists => Win32Error.AlreadyExists,
        NtStatus.GuardPageViolation => Win32Error.GuardPageViolation,
        NtStatus.AccessViolation => Win32Error.Noaccess,
        NtStatus.InPageError => Win32Error.Swaperror,
        NtStatus.InvalidHandle => Win32Error.InvalidHandle,
        NtStatus.NoMemory or NtStatus.SectionTooBig => Win32Error.NotEnoughMemory,
        NtStatus.ConflictingAddresses or NtStatus.NotMappedView or NtStatus.NotCommitted or NtStatus.FreeVmNotAtBase
            or NtStatus.MemoryNotAllocated => Win32Error.InvalidAddress,
        NtStatus.InvalidViewSize or NtStatus.AlreadyCommitted or NtStatus.AccessDenied => Win32Error.AccessDenied,
        NtStatus.InvalidFileForSection or NtStatus.InvalidImageNotMz or NtStatus.InvalidImageFormat => Win32Error.BadExeFormat,
        NtStatus.NotLocked => Win32Error.NotLocked,
        NtStatus.ObjectNameNotFound => Win32Error.FileNotFound,
        NtStatus.InsufficientResources => Win32Error.NoSystemResources,
        NtStatus.StackOverflow => Win32Error.StackOverflow,
        NtStatus.MappedFileSizeZero => Win32Error.FileInvalid,
        NtStatus.CommitmentLimit => Win32Error.CommitmentLimit,
        NtStatus.PartialCopy => Win32Error.PartialCopy,
        NtStatus.IoDeviceError => Win32Error.IoDevice,
        NtStatus.MappedAlignment => Win32Error.MappedAlignment,
        NtStatus.UserMappedFile => Win32Error.UserMappedFile,
        _ => Win32Error.InvalidParameter,    // bad parameters and protections, UNABLE_TO_FREE_VM, UNABLE_TO_DELETE_SECTION
    };

    /// <summary>Returns the name in ntstatus.h, such as <c>STATUS_CONFLICTING_ADDRESSES</c>.</summary>
    public static string ToHeaderName(this NtStatus status) => Spell("STATUS", status.ToString());

    /// <summary>Returns the name in winerror.h, such as <c>ERROR_INVALID_ADDRESS</c>.</summary>
    public static string ToHeaderName(this Win32Error error) =>
        error == Win32Error.GuardPageViolation ? NtStatus.GuardPageViolation.ToHeaderName() : Spell("ERROR", error.ToString());

    private static string Spell(string prefix, string name)
    {
        StringBuilder text = new(prefix);
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) || char.IsDigit(letter)) text.Append('_');
            text.Append(char.ToUpperInvariant(letter));
        }

        return text.ToString();
    }
}
