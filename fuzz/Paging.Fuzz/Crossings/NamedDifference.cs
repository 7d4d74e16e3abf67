using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Fuzz;

/// <summary>A difference that must be, and the document that says why.</summary>
/// <param name="Companions">The companions that make it, by the beginning of their names.</param>
/// <param name="Causes">The beginnings of <see cref="CompanyDifference.Cause"/>.</param>
/// <param name="Reason">The reason, and where it stands.</param>
internal sealed record NamedDifference(string[] Companions, string[] Causes, string Reason)
{
    /// <summary>Companions that keep snapshots open.</summary>
    private static readonly string[] Open = ["snapshot", "engine-snapshot", "rewind", "engine-rewind"];

    /// <summary>Companions that take snapshots.</summary>
    private static readonly string[] Snapshots = [.. Open, "host-state", "image", "save"];

    private static readonly string[] LogsForProcessors = ["log-for-processors", "frame-log-for-processors"];

    /// <summary>Calls that show whether a page is huge.</summary>
    private static readonly string[] ShowsHugePages = ["hugemap", "resident", "smaps", "usage", "mincore", "pagemap"];

    private static readonly string[] Accesses = ["load", "load32", "store", "store32", "add", "fill", "sum"];

    /// <summary>Every such difference. A full run reports an entry that nothing needed.</summary>
    public static IReadOnlyList<NamedDifference> All { get; } =
    [
        new(["pae"], ["tables"], "PAE has tables of other sizes (docs/DIALECT-HUGE.md, tables)"),
        new(["pae"], ["hugemap"], "huge pages of PAE have 2 MB, those of classic tables 4 MB (docs/HUGE.md)"),
        new(LogsForProcessors, ["faults"], "the first write to a page after a collection is a page fault (WriteSources.Processor)"),
        new(LogsForProcessors, ShowsHugePages, "a log for processors splits transparent pages and allows none (docs/HUGE.md)"),
        new(LogsForProcessors, ["store: SIGBUS"], "without a huge page there is nothing beyond the end of a file (docs/HUGE.md)"),
        new(["clear-refs"], ["faults"], "the first write after clear_refs is a page fault, as in Linux (docs/HUGE.md)"),
        new(["clear-refs"], ["store: SIGBUS"], "a write to a protected huge page maps it anew, as in Linux (docs/HUGE.md)"),
        new(["compaction"], ["hugemap"], "compaction moves the pages of a broken huge page one by one (docs/HUGE.md)"),
        new(Snapshots, ["faults"], "the first write to a page that a snapshot keeps is a page fault (docs/EMBEDDING.md)"),
        new(Open, ShowsHugePages, "a huge page that a snapshot keeps is split by a store (docs/HUGE.md)"),
        new(["engine-snapshot", "engine-rewind"], ["load", "store: SIGBUS"],
            "without a huge page there is nothing beyond the end of a file (docs/HUGE.md)"),
        new(["image", "save"], ["usage", "hugemap", "smaps"],
            "going there and back unmaps shared pages of the pool, and the next access maps them (docs/HUGE.md)"),
        new(["swap"], ["faults", .. ShowsHugePages],
            "a huge page that goes to swap is split, and the next access to each page is a page fault (docs/HUGE.md)"),
        new(["pins"], ["pool", "setpool", "fallocate: ENOSPC"], "a pin holds its page of the pool, also after munmap (docs/HUGE.md)"),
        new(["pins"], ["madvise: EAGAIN"], "a line with a pinned page is not collapsed, as in Linux (docs/HUGE.md)"),
        new(["pins"], ["faults", .. ShowsHugePages], "a pin gives its process a page of its own (docs/HUGE.md)"),
        new(["code"], ["faults", .. ShowsHugePages], "a page with translated code is a small one, and read-only (docs/HUGE.md)"),
        new(Open, ["pool", "setpool", "mmap: ENOMEM", .. Accesses.Select(static name => $"{name}: SIGBUS")],
            "shared pages of the pool stay with the areas that a snapshot keeps (docs/HUGE.md)"),
    ];

    /// <summary>The kind of a difference: the call, and how the results differ.</summary>
    public static string CauseOf(in ScenarioCall call, in ScriptResult expected, in ScriptResult actual)
    {
        string name = call.Signature.Spelling;
        return actual.Kind == CallResultKind.Error ? $"{name}: {(Errno)actual.Value}"
            : expected.Kind == CallResultKind.Error ? $"{name}: no {(Errno)expected.Value}"
            : actual.Kind is CallResultKind.Unsupported or CallResultKind.Signal ? $"{name}: {actual}" : name;
    }

    /// <summary>True if no later result depends on the call's.</summary>
    public static bool OnlyLooks(in ScenarioCall call) => call.Name is CallName.Faults or CallName.HugeMap or CallName.Smaps
        or CallName.Resident or CallName.Tables or CallName.Usage or CallName.Mincore or CallName.Pagemap;

    /// <summary>The entry for a difference; null if no document names it.</summary>
    public static NamedDifference? Find(Companion companion, string difference) => All.FirstOrDefault(named =>
        Array.Exists(named.Companions, name => companion.Name.StartsWith(name, StringComparison.Ordinal))
        && Array.Exists(named.Causes, cause => difference.StartsWith(cause, StringComparison.Ordinal)));
}
