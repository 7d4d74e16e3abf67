using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.WindowsChecking.Dialect;

namespace Paging.Fuzz;

/// <summary>The outcomes of Windows calls: success, an exception, or the last error or status that a result names.</summary>
internal static class WindowsOutcomes
{
    private const int Succeeded = 0;

    private static readonly string[] Errors =
    [
        "INVALID_PARAMETER", "INVALID_ADDRESS", "NOT_ENOUGH_MEMORY", "ACCESS_DENIED", "MAPPED_ALIGNMENT", "FILE_INVALID", "BAD_EXE_FORMAT",
        "USER_MAPPED_FILE", "NOACCESS", "PARTIAL_COPY", "NOT_LOCKED", "INVALID_HANDLE", "FILE_NOT_FOUND", "ALREADY_EXISTS",
    ];

    private static readonly string[] Statuses =
    [
        "INVALID_PAGE_PROTECTION", "INVALID_PARAMETER", "SECTION_PROTECTION", "CONFLICTING_ADDRESSES", "NOT_COMMITTED",
        "MEMORY_NOT_ALLOCATED", "FREE_VM_NOT_AT_BASE", "UNABLE_TO_FREE_VM", "UNABLE_TO_DELETE_SECTION", "NOT_MAPPED_VIEW", "NO_MEMORY",
        "SECTION_TOO_BIG", "INVALID_VIEW_SIZE", "ACCESS_DENIED", "ALREADY_COMMITTED", "MAPPED_ALIGNMENT", "MAPPED_FILE_SIZE_ZERO",
        "INVALID_FILE_FOR_SECTION", "INVALID_IMAGE_NOT_MZ", "USER_MAPPED_FILE", "INVALID_HANDLE", "GUARD_PAGE_VIOLATION",
    ];

    private static readonly Lazy<List<(int Call, int Outcome)>> Recorded = new(ReadRecordings);

    /// <summary>Their names, by number.</summary>
    public static string[] Names { get; } =
    [
        "ok", "ACCESS_VIOLATION", "GUARD_PAGE", "STACK_OVERFLOW", "IN_PAGE_ERROR", .. Errors.Select(static name => "ERROR_" + name),
        .. Statuses.Select(static name => "STATUS_" + name), "another status",
    ];

    /// <summary>The pairs of call and outcome that the recordings have; none where the repository is not here.</summary>
    public static IReadOnlyList<(int Call, int Outcome)> OfRecordings => Recorded.Value;

    /// <summary>The outcome of a result.</summary>
    public static int Of(string result)
    {
        foreach (string word in result.Split(' ', '\n'))
        {
            // which of several parameters a version blames is left open
            string known = word.StartsWith("STATUS_INVALID_PARAMETER", StringComparison.Ordinal) ? "STATUS_INVALID_PARAMETER" : word;
            int outcome = Array.IndexOf(Names, known);
            if (outcome > Succeeded) return outcome;
            bool isUnknown = word.StartsWith("STATUS_", StringComparison.Ordinal) && !word.StartsWith("STATUS_SUCCESS",
                StringComparison.Ordinal);
            if (isUnknown) return Names.Length - 1;
        }

        return Succeeded;
    }

    private static List<(int Call, int Outcome)> ReadRecordings()
    {
        if (CanaryFile.FindRepository(Environment.CurrentDirectory) is not { } repository) return [];
        string folder = Path.Combine(repository, "tests", "windows", "Paging.Windows.Tests", "scenarios");
        return
        [
            .. Directory.GetFiles(folder, "*.scn").SelectMany(static path => ScenarioParser.ParseFile(path, WindowsDialect.Instance).Lines)
                .Where(static line => line.Recorded.Kind != CallResultKind.None)
                .Select(static line => ((int)line.Call.Signature.Code, Of(line.Recorded.ToString()))).Distinct().Order(),
        ];
    }
}
