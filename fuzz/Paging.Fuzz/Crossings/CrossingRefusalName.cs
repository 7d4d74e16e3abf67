namespace Paging.Fuzz;

/// <summary>A refusal that must be, for docs/CROSSINGS.md.</summary>
/// <param name="Contexts">The features beside which it is refused, by name; each pair with one of them, too.</param>
/// <param name="Operations">The operations.</param>
/// <param name="Error">The error.</param>
/// <param name="Reason">Why it must be.</param>
/// <param name="Instead">What can be done instead.</param>
internal sealed record CrossingRefusalName(string[] Contexts, string[] Operations, string Error, string Reason, string Instead)
{
    private static readonly string[] InFilesOfOne = ["an image in a file and a clone", "a delta of an image in a file and a clone"];

    private static readonly string[] InFilesOfAll =
        ["an image of an engine in a file and clones", "a delta of an engine in a file and clones"];

    private static readonly string[] SavesOne = ["save and load", "save and resume from a store", "an image and a clone", .. InFilesOfOne];

    private static readonly string[] SavesAll =
        ["save and load an engine", "save and resume an engine from a store", "an image of an engine and clones", .. InFilesOfAll];

    /// <summary>Every refusal.</summary>
    public static IReadOnlyList<CrossingRefusalName> All { get; } =
    [
        new(["a log for processors", "a log of frames for processors"], ["a transparent huge page"], "small pages",
            "such a log is exact, page by page, as KVM's (decision 0057)", "a log of the `Mmu`; or `MADV_COLLAPSE` when the log is closed"),
        new(["pages that a userfaultfd supplies", "pages that a userfaultfd protects"], [.. SavesOne, .. SavesAll], "NotSupportedException",
            "no monitor supplies the pages of a new process", "unregister the range first"),
        new(["locked memory"], ["page out", "make cold"], "EINVAL", "Linux: `can_madv_lru_vma` (mm/madvise.c)", "`munlock` first"),
        new(["a policy of every access"], ["a processor's page fault"], "InvalidOperationException",
            "a processor with a TLB of its own does not report its accesses", "a policy of accessed bits"),
        new(["RAM in no file"], ["a flat view", "a window of the host"], "InvalidOperationException",
            "the host can map only what lies in a file", "`EngineOptions.ShareRam`"),
        new(["a window of the host"], ["a window of the host"], "InvalidOperationException", "a process has one",
            "dispose the first; native code of all threads may use one"),
    ];

    /// <summary>The entry for a cell; null if nothing names it.</summary>
    public static CrossingRefusalName? Find(in CrossingCell cell)
    {
        string[] contexts = cell.Context.Split(", then ");
        string operation = cell.Operation, error = cell.Detail;
        return All.FirstOrDefault(name => name.Contexts.Intersect(contexts, StringComparer.Ordinal).Any()
            && name.Operations.Contains(operation, StringComparer.Ordinal) && string.Equals(name.Error, error, StringComparison.Ordinal));
    }
}
