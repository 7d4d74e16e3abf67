using System.Collections.Immutable;
using System.Text;
using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsChecking.Dialect;

/// <summary>Results of Windows calls as they stand in a scenario.</summary>
internal static class WindowsText
{
    private static readonly ImmutableArray<(PageProtection Value, string Name)> Protections =
    [
        (PageProtection.NoAccess, "PAGE_NOACCESS"), (PageProtection.ReadOnly, "PAGE_READONLY"), (PageProtection.ReadWrite,
            "PAGE_READWRITE"),
        (PageProtection.WriteCopy, "PAGE_WRITECOPY"), (PageProtection.Execute, "PAGE_EXECUTE"),
        (PageProtection.ExecuteRead, "PAGE_EXECUTE_READ"), (PageProtection.ExecuteReadWrite, "PAGE_EXECUTE_READWRITE"),
        (PageProtection.ExecuteWriteCopy, "PAGE_EXECUTE_WRITECOPY"), (PageProtection.Guard, "PAGE_GUARD"),
        (PageProtection.NoCache, "PAGE_NOCACHE"), (PageProtection.WriteCombine, "PAGE_WRITECOMBINE"),
    ];

    /// <summary><c>TRUE</c>, or <c>FALSE ERROR_NAME</c>.</summary>
    public static string Boolean(Win32Error error) => error == Win32Error.Success ? "TRUE" : $"FALSE {error.ToHeaderName()}";

    /// <summary><c>0x20000000</c>, or <c>0 ERROR_NAME</c>.</summary>
    public static string Address(Win32Error error, VirtualAddress address) =>
        error == Win32Error.Success ? $"0x{address.Value:x8}" : $"0 {error.ToHeaderName()}";

    /// <summary>A success with what is written back, or the status alone.</summary>
    public static string Status(NtStatus status, string written = "") =>
        status is NtStatus.Success or NtStatus.ImageNotAtBase && written.Length != 0 ? $"{status.ToHeaderName()} {written}"
            : status.ToHeaderName();

    /// <summary><c>PAGE_READWRITE|PAGE_GUARD</c>, or <c>0</c>.</summary>
    public static string Protection(PageProtection protection)
    {
        StringBuilder text = new();
        foreach ((PageProtection value, string name) in Protections)
        {
            if ((protection & value) == 0) continue;
            if (text.Length != 0) text.Append('|');
            text.Append(name);
        }

        return text.Length == 0 ? "0" : text.ToString();
    }

    /// <summary><c>ACCESS_VIOLATION read 0x20002000</c>.</summary>
    public static string Exception(in MemoryException exception)
    {
        string kind = exception.Code switch
        {
            NtStatus.GuardPageViolation => "GUARD_PAGE",
            NtStatus.StackOverflow => "STACK_OVERFLOW",
            NtStatus.InPageError => "IN_PAGE_ERROR",
            _ => "ACCESS_VIOLATION",
        };
        string text = $"{kind} {exception.Intent.ToString().ToLowerInvariant()} 0x{exception.Address.Value:x8}";
        return exception.Code == NtStatus.InPageError ? $"{text} {exception.Reason.ToHeaderName()}" : text;
    }

    /// <summary>What VirtualQuery says.</summary>
    public static string Information(in MemoryBasicInformation information)
    {
        string run = $"base=0x{information.Base.Address.Value:x8} size=0x{information.Count.Bytes:x} {State(information.State)}";
        if (information.State == MemoryState.Free) return run;
        return $"{run} {Protection(information.Protection)} allocation=0x{information.AllocationBase.Address.Value:x8} " +
            $"{Protection(information.AllocationProtection)} {Kind(information.Kind)}";
    }

    /// <summary>A row of <c>regions</c>.</summary>
    public static string Row(in MemoryBasicInformation information, PageNumber end) =>
        $"{information.Base.Address.Value:x8}-{end.Address.Value:x8} {State(information.State)} {Protection(information.Protection)} " +
        $"{information.AllocationBase.Address.Value:x8} {Protection(information.AllocationProtection)} {Kind(information.Kind)}";

    /// <summary>The flags of a section.</summary>
    public static string Section(SectionFlags flags)
    {
        List<string> names = [];
        if ((flags & SectionFlags.File) != 0) names.Add("SEC_FILE");
        if ((flags & SectionFlags.Image) != 0) names.Add("SEC_IMAGE");
        if ((flags & SectionFlags.Reserve) != 0) names.Add("SEC_RESERVE");
        if ((flags & SectionFlags.Commit) != 0) names.Add("SEC_COMMIT");
        if ((flags & SectionFlags.NoCache) != 0) names.Add("SEC_NOCACHE");
        return string.Join('|', names);
    }

    private static string State(MemoryState state) => state switch
    {
        MemoryState.Commit => "MEM_COMMIT",
        MemoryState.Reserve => "MEM_RESERVE",
        _ => "MEM_FREE",
    };

    private static string Kind(MemoryKind kind) => kind switch
    {
        MemoryKind.Private => "MEM_PRIVATE",
        MemoryKind.Mapped => "MEM_MAPPED",
        _ => "MEM_IMAGE",
    };
}
