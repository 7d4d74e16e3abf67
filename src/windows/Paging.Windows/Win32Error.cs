namespace Paging.Windows;

/// <summary>The last error of a Win32 call, by the names and values of winerror.h without <c>ERROR_</c>.</summary>
public enum Win32Error : uint
{
#pragma warning disable CS1591 // each is the error of that name in winerror.h
    Success = 0,
    FileNotFound = 2,
    AccessDenied = 5,
    InvalidHandle = 6,
    NotEnoughMemory = 8,
    BadLength = 24,
    GenFailure = 31,
    FileExists = 80,
    InvalidParameter = 87,
    InsufficientBuffer = 122,
    ModNotFound = 126,
    ProcNotFound = 127,
    NegativeSeek = 131,
    NotLocked = 158,
    AlreadyExists = 183,
    BadExeFormat = 193,
    NotOwner = 288,
    TooManyPosts = 298,
    PartialCopy = 299,
    InvalidAddress = 487,
    Noaccess = 998,
    Swaperror = 999,
    StackOverflow = 1001,
    FileInvalid = 1006,
    IoDevice = 1117,
    MappedAlignment = 1132,
    UserMappedFile = 1224,
    NoSystemResources = 1450,
    CommitmentLimit = 1455,
    GuardPageViolation = 0x80000001,    // the status itself: it has no Win32 error
#pragma warning restore CS1591
}
