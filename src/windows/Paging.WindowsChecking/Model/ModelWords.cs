namespace Paging.WindowsChecking.Model;

/// <summary>The constants of the rules, and the form of results. Nothing here is the engine's.</summary>
internal static class ModelWords
{
    public const uint NoAccess = 1, ReadOnly = 2, ReadWrite = 4, WriteCopy = 8, Execute = 0x10, ExecuteRead = 0x20, ExecuteReadWrite = 0x40;
    public const uint ExecuteWriteCopy = 0x80, Guard = 0x100, NoCache = 0x200, WriteCombine = 0x400;
    public const uint Commit = 0x1000, Reserve = 0x2000, Decommit = 0x4000, Release = 0x8000, Reset = 0x80000, TopDown = 0x100000;
    public const uint WriteWatch = 0x200000, ReservePlaceholder = 0x40000, ReplacePlaceholder = 0x4000, RoundToPage = 0x40000000;
    public const uint Coalesce = 1, Preserve = 2;
    public const uint SecFile = 0x800000, SecImage = 0x1000000, SecReserve = 0x4000000, SecCommit = 0x8000000, SecNoCache = 0x10000000;
    public const string Success = "STATUS_SUCCESS", BadParameter = "STATUS_INVALID_PARAMETER", Conflict = "STATUS_CONFLICTING_ADDRESSES";

    public const string NotAtBase = "STATUS_IMAGE_NOT_AT_BASE", BadImage = "STATUS_INVALID_IMAGE_FORMAT";

    private static readonly (uint Value, string Name)[] Protections =
    [
        (1, "PAGE_NOACCESS"), (2, "PAGE_READONLY"), (4, "PAGE_READWRITE"), (8, "PAGE_WRITECOPY"), (0x10, "PAGE_EXECUTE"),
        (0x20, "PAGE_EXECUTE_READ"), (0x40, "PAGE_EXECUTE_READWRITE"), (0x80, "PAGE_EXECUTE_WRITECOPY"), (0x100, "PAGE_GUARD"),
        (0x200, "PAGE_NOCACHE"), (0x400, "PAGE_WRITECOMBINE"),
    ];

    /// <summary>Section 7: the last error of a status.</summary>
    private static readonly Dictionary<string, string> Errors = new(StringComparer.Ordinal)
    {
        ["STATUS_INVALID_PARAMETER"] = "INVALID_PARAMETER",
        ["STATUS_INVALID_PAGE_PROTECTION"] = "INVALID_PARAMETER",
        ["STATUS_SECTION_PROTECTION"] = "INVALID_PARAMETER",
        [Conflict] = "INVALID_ADDRESS",
        ["STATUS_NOT_COMMITTED"] = "INVALID_ADDRESS",
        ["STATUS_MEMORY_NOT_ALLOCATED"] = "INVALID_ADDRESS",
        ["STATUS_FREE_VM_NOT_AT_BASE"] = "INVALID_ADDRESS",
        ["STATUS_UNABLE_TO_FREE_VM"] = "INVALID_PARAMETER",
        ["STATUS_UNABLE_TO_DELETE_SECTION"] = "INVALID_PARAMETER",
        ["STATUS_NOT_MAPPED_VIEW"] = "INVALID_ADDRESS",
        ["STATUS_NO_MEMORY"] = "NOT_ENOUGH_MEMORY",
        ["STATUS_SECTION_TOO_BIG"] = "NOT_ENOUGH_MEMORY",
        ["STATUS_INVALID_VIEW_SIZE"] = "ACCESS_DENIED",
        ["STATUS_ACCESS_DENIED"] = "ACCESS_DENIED",
        ["STATUS_ALREADY_COMMITTED"] = "ACCESS_DENIED",
        ["STATUS_MAPPED_ALIGNMENT"] = "MAPPED_ALIGNMENT",
        ["STATUS_MAPPED_FILE_SIZE_ZERO"] = "FILE_INVALID",
        ["STATUS_INVALID_FILE_FOR_SECTION"] = "BAD_EXE_FORMAT",
        ["STATUS_INVALID_IMAGE_NOT_MZ"] = "BAD_EXE_FORMAT",
        [BadImage] = "BAD_EXE_FORMAT",
        ["STATUS_USER_MAPPED_FILE"] = "USER_MAPPED_FILE",
        ["STATUS_ACCESS_VIOLATION"] = "NOACCESS",
        ["STATUS_PARTIAL_COPY"] = "PARTIAL_COPY",
        ["STATUS_NOT_LOCKED"] = "NOT_LOCKED",
        ["STATUS_INVALID_HANDLE"] = "INVALID_HANDLE",
        ["STATUS_OBJECT_NAME_NOT_FOUND"] = "FILE_NOT_FOUND",
    };

    public static string Error(string status) => "ERROR_" + Errors[status];

    public static string Boolean(string status) => status is Success ? "TRUE" : $"FALSE {Error(status)}";

    public static string Show(uint protection)
    {
        string text = string.Join('|', Protections.Where(one => (protection & one.Value) != 0).Select(static one => one.Name));
        return text.Length == 0 ? "0" : text;
    }

    /// <summary>Rule 9: exactly one base value, and GUARD not with NOACCESS.</summary>
    public static bool IsProtection(uint protection)
    {
        uint value = protection & 0xFF;
        bool isOne = value != 0 && (value & (value - 1)) == 0 && (protection & ~0x7FFu) == 0;
        bool isGuard = (protection & Guard) != 0, combines = (protection & WriteCombine) != 0;
        return isOne && !(isGuard && value == NoAccess) && !(combines && (isGuard || value == NoAccess));
    }

    public static bool IsWriteCopy(uint protection) => (protection & (WriteCopy | ExecuteWriteCopy)) != 0;

    public static bool MayRead(uint protection) => (protection & NoAccess) == 0;

    public static bool MayWrite(uint protection) => (protection & (ReadWrite | WriteCopy | ExecuteReadWrite | ExecuteWriteCopy)) != 0;

    public static bool MayExecute(uint protection) => (protection & (Execute | ExecuteRead | ExecuteReadWrite | ExecuteWriteCopy)) != 0;

    /// <summary>Rule 18: a copied page shows read-write for write-copy.</summary>
    public static uint AfterCopy(uint protection) => (protection & 0xFF) switch
    {
        WriteCopy => (protection & ~WriteCopy) | ReadWrite,
        ExecuteWriteCopy => (protection & ~ExecuteWriteCopy) | ExecuteReadWrite,
        _ => protection,
    };

    /// <summary>Rule 17: the rights r, w, x of a value, as letters.</summary>
    public static string Rights(uint protection) => (protection & 0xFF) switch
    {
        ReadOnly or WriteCopy => "r",
        ReadWrite => "rw",
        Execute or ExecuteRead or ExecuteWriteCopy => "rx",
        ExecuteReadWrite => "rwx",
        _ => "",
    };

    public static bool IsContained(uint asked, uint allowed) => Rights(asked).All(right => Rights(allowed).Contains(right));
}
