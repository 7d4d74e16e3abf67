namespace Paging.Fuzz;

/// <summary>A refusal that must be, for docs/CROSSINGS.md.</summary>
/// <param name="Contexts">The features beside which it is refused, by name; each pair with one of them, too.</param>
/// <param name="Operations">The operations.</param>
/// <param name="Error">The error.</param>
/// <param name="Reason">Why it must be.</param>
/// <param name="Instead">What can be done instead.</param>
internal sealed record CrossingRefusalName(string[] Contexts, string[] Operations, string Error, string Reason, string Instead)
{
    private static readonly string[] Snapshots =
    [
        "a snapshot", "a snapshot that was gone back to", "a snapshot that keeps written pages", "two snapshots", "an engine snapshot",
        "an engine snapshot that was gone back to",
    ];

    private static readonly string[] TakesSnapshot =
        ["a snapshot and back", "an engine snapshot and back", "save and load", "save and resume from a store", "an image and a clone"];

    /// <summary>Every refusal.</summary>
    public static IReadOnlyList<CrossingRefusalName> All { get; } =
    [
        new(Snapshots, ["a transparent huge page"], "small pages", "a journal keeps entries page by page: none is made while it is open",
            "`MADV_COLLAPSE` after the snapshot is dropped"),
        new(Snapshots, ["collapse"], "EINVAL", "as above", "the same, after the snapshot is dropped"),
        new(["a log for processors", "a log of frames for processors"], ["a transparent huge page"], "small pages",
            "such a log is exact, page by page, as KVM's (decision 0057)", "a log of the `Mmu`; or `MADV_COLLAPSE` when the log is closed"),
        new(Snapshots, ["a page of the pool"], "ENOMEM", "pages of the pool have no journal", "map them before, or without a snapshot"),
        new(["a pin", "a pin for writing", "remote pins"], TakesSnapshot, "EBUSY",
            "the host writes pinned frames without a fault, so they cannot be kept", "release the pin, or copy its bytes"),
        new(["a page of the pool"], TakesSnapshot, "EBUSY", "pages of the pool have no journal", "a file with a name (`nameOf`), or none"),
        new(["a file of huge pages"], ["an engine snapshot and back"], "EBUSY", "its pages have no journal, so it would not go back",
            "snapshots of single processes"),
        new(["locked memory"], ["page out", "make cold"], "EINVAL", "Linux: `can_madv_lru_vma` (mm/madvise.c)", "`munlock` first"),
        new(["a snapshot"], ["swapoff and swapon"], "EBUSY", "a kept page lies on the device", "drop the snapshot, or go back to it"),
        new(["a policy of every access"], ["a processor's page fault"], "InvalidOperationException",
            "a processor with a TLB of its own does not report its accesses", "a policy of accessed bits"),
        new(["RAM in no file"], ["a flat view"], "InvalidOperationException", "the host can map only what lies in a file",
            "`EngineOptions.ShareRam`"),
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
