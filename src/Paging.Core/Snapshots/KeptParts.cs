using System.Collections.Immutable;
using System.Text;
using Paging.Core.Files;
using Paging.Core.Spaces;
using static Paging.Core.Snapshots.Keeping;

namespace Paging.Core.Snapshots;

/// <summary>The parts of a machine: the one list of what there is and what becomes of it when a machine is kept.</summary>
/// <remarks>
/// The four ways ask it what they refuse. A field of the engine that no part names fails a test, and each entry of the table is tried
/// (<c>KeptPartsTests</c>). The table in docs/EMBEDDING.md is printed from it.
/// </remarks>
internal static class KeptParts
{
    /// <summary>All parts, in the order of the documents.</summary>
    public static ImmutableArray<KeptPart> All { get; } =
    [
        new()
        {
            Name = "names, preferences for being ended",
            In = [GoesBack, GoesBack, Carried, Carried],
            Fields = ["UserProcess._name", "UserProcess.Score"],
        },
        new()
        {
            Name = "which processes there are; parents, zombies and exit codes",
            In = [Stays, GoesBack, Carried, Carried],
            Note = "loaded processes have new numbers; one that is saved alone has no parent",
            Fields =
            [
                "UserProcess.Id", "UserProcess.ParentId", "UserProcess.ExitCode", "UserProcess.KeptCount", "Space._life", "Space.ProcessId",
                "ProcessTable._slots", "ProcessTable._free", "ProcessTable._nextId", "ProcessTable._endedFaults",
            ],
        },
        new()
        {
            Name = "areas",
            In = [GoesBack, GoesBack, Carried, Carried],
            Fields =
            [
                "Space.Areas", "MachineParts.Areas", "Area.First", "Area.Count", "Area.Flags", "Area.PageOffset", "Area.File", "Area.Root",
                "Area.Links", "Area.Previous", "Area.Next", "Area.Chain", "Area.FilePrevious", "Area.FileNext", "Area.Space",
            ],
        },
        new()
        {
            Name = "break, layout, bounds, limits, settings of prctl",
            In = [GoesBack, GoesBack, Carried, Carried],
            Fields =
            [
                "Space.Break", "Space.Layout", "Space.Bounds", "Space.Limits", "Space.DefaultFlags", "Space.IsPrivileged",
                "Space.ReadImpliesExecute", "Space.ExecuteGain", "Space.MergesAll",
            ],
        },
        new()
        {
            Name = "private pages, guards, their marks (accessed, dirty, soft-dirty)",
            In = [GoesBack, GoesBack, Carried, Carried],
            Note = "pages that forks share stay shared within an engine; an accessed mark is the machine's and does not go back",
            Fields =
            [
                "Space.Tables", "Space.Statistics", "Space.Regions", "MachineParts.Ram", "MachineParts.Frames", "MachineParts.Allocator",
                "MachineParts.Loans",
            ],
        },
        new()
        {
            Name = "transparent huge pages",
            In = [GoesBack, GoesBack, Carried, Carried],
            Note = "a snapshot keeps them whole; carried as small pages",
            Fields = ["Space.HugeLines", "MachineParts.HugeBlocks", "FileParts.Collapsed", "FileParts.Sharing"],
        },
        new()
        {
            Name = "counts of faults and peaks of a process's usage",
            In = [GoesBack, GoesBack, Carried, Carried],
            Fields = ["Space.Faults"],
        },
        new()
        {
            Name = "shared anonymous memory",
            In = [Stays, GoesBack, Carried, Carried],
            Note = "other processes see it, so one process does not take it back; named by `nameOf`, it is by name",
            Fields =
            [
                "FileObject.Pages", "FileObject.Swapped", "FileObject.Supplied", "FileObject.ChargedPages", "FileObject.CommittedPages",
                "FileObject.ByteLength",
            ],
        },
        new()
        {
            Name = "memory files: bytes, length, seals",
            In = [Stays, GoesBack, Carried, Carried],
            Note = "those that a process maps or has open; named by `nameOf`, they are by name",
            Fields = ["FileObject.Seals", "FileObject.Kind", "FileObject.Name", "FileObject.Rights", "FileObject.HasCollapsed"],
        },
        new()
        {
            Name = "segments of System V",
            In = [Stays, GoesBack, Carried, Carried],
            Note = "as shared anonymous memory; keys and owners are the personality's",
            Fields = ["FileObject.IsSegment", "FileObject.IsLocked"],
        },
        new()
        {
            Name = "files with a backing, of the host too",
            In = [Stays, Stays, ByName, ByName],
            Note = "others may have read their bytes",
            Fields =
            [
                "FileObject.Backing", "FileObject.WriteErrors", "FileObject.IsWrittenThrough", "FileObject.DirtyCount",
                "FileObject.DirtiedAt", "FileObject.WritebackFrom", "FileObject.NeedsFlush", "FileObject.DirtiedBefore",
                "FileObject.DirtiedAfter", "FileParts.Dirty", "FileParts.Writeback", "FileParts.Background",
            ],
        },
        new()
        {
            Name = "pagers, requested pages",
            In = [Stays, Stays, ByName, ByName],
            Note = "a page that is asked for and not there is asked for again",
        },
        new()
        {
            Name = "devices",
            In = [Stays, Stays, ByName, ByName],
            Note = "their registers go back with the host's state",
            Fields = ["FileObject.Device"],
        },
        new()
        {
            Name = "memory of the host, ROM",
            In = [Stays, Stays, ByName, ByName],
            Note = "the host writes it without the engine",
            Fields = ["FileObject.Window", "FileObject.RomStores"],
        },
        new()
        {
            Name = "frames that the host took",
            In = [Stays, Stays, ByName, ByName],
            Note = "a file of them is by name",
            Fields = ["FileObject.HostFrames"],
        },
        new()
        {
            Name = "private huge pages of the pool",
            In = [GoesBack, GoesBack, Carried, Carried],
            Note = "their bytes go to memory of the host before the first write; the loading engine needs a pool with pages of their size",
            Fields = ["FileObject.HugeOrder", "MachineParts.HugePool", "FileParts.Huge", "FileParts.Pool"],
        },
        new()
        {
            Name = "shared huge pages of the pool",
            In = [Stays, GoesBack, Carried, Carried],
            Note = "as shared anonymous memory; each loaded process or clone gets pages of its own at once",
        },
        new()
        {
            Name = "files of huge pages",
            In = [Stays, GoesBack, Carried, Carried],
            Note = "as memory files, with their reservations",
        },
        new()
        {
            Name = "descriptors: numbers, rights, flags, positions",
            In = [GoesBack, GoesBack, Carried, Carried],
            Note = "a descriptor of a file with a backing, a device or a directory is by name; flags do not go back",
            Fields =
            [
                "UserProcess.Descriptors", "ProcessTable._descriptors", "FileParts.OpenFiles", "OpenFile.Object", "OpenFile.HolderCount",
                "OpenFile.Rights", "OpenFile.Flags", "OpenFile.Position", "FileObject.HolderCount", "FileObject.IsAlive",
                "FileObject.Number",
            ],
        },
        new()
        {
            Name = "open files that the host holds",
            In = [Stays, Stays, Stays, Stays],
            Note = "`OpenFileDescription` is the host's",
            Fields = ["OpenFile.IsHeldByHost", "OpenFile.ReportedErrors", "OpenFile.ReadAhead", "OpenFile.UsedReservations"],
        },
        new()
        {
            Name = "marks of a byte shadow",
            In = [GoesBack, GoesBack, Carried, Carried],
            Fields = ["Space.Shadow"],
        },
        new()
        {
            Name = "settings of a byte shadow",
            In = [Stays, Stays, Carried, Carried],
            Note = "the host's switches",
        },
        new()
        {
            Name = "registrations with a userfaultfd, its write protection",
            In = [GoesBack, GoesBack, Refused, Refused],
            Note = "no monitor supplies the pages of a new process",
            Find = FindReported,
            Fields = ["Space.Userfaults", "Space.HasPendingAccess", "Space.PendingFill", "Area._gapAndReporter"],
        },
        new()
        {
            Name = "the host's state (`IHostState`)",
            In = [GoesBack, GoesBack, Carried, Carried],
            Fields = ["Space.Attached"],
        },
        new()
        {
            Name = "groups and their limits",
            In = [Stays, Stays, Carried, Carried],
            Note = "with an engine; a process that is saved alone joins the group of its options",
            Fields =
            [
                "Space.Group", "PressureParts.Groups", "MemoryGroup.Name", "MemoryGroup.Limit", "MemoryGroup.OutOfMemory",
                "MemoryGroup.Number", "MemoryGroup.IsRemoved", "MachineParts.Commitment",
            ],
        },
        new()
        {
            Name = "policies of groups",
            In = [Stays, Stays, ByName, ByName],
            Note = "code of the host's; `groupOf` gives the group",
            Fields = ["MemoryGroup.Reclaim"],
        },
        new()
        {
            Name = "swap devices",
            In = [Stays, Stays, Stays, Stays],
            Note = "pages on them are private pages or shared memory, and kept as such",
            Fields = ["FileParts.Swap", "FileParts.SharedSwap", "EngineParts.SwapOff"],
        },
        new()
        {
            Name = "pinned memory",
            In = [GoesBack, GoesBack, Carried, Carried],
            Note = "a snapshot copies it, because the host may write it at any time; going back writes into the pinned frames",
            Fields = ["MachineParts.Pins"],
        },
        new()
        {
            Name = "dirty logs, of pages and frames",
            In = [Stays, Stays, Stays, Stays],
            Note = "they observe; a restore is written to them",
            Fields = ["Space.Observers", "MachineParts.Observers"],
        },
        new()
        {
            Name = "watchpoints",
            In = [Stays, Stays, Stays, Stays],
            Note = "they observe",
            Fields = ["Space.Watched"],
        },
        new()
        {
            Name = "counters, events, metrics",
            In = [Stays, Stays, Stays, Stays],
            Note = "history only grows",
            Fields =
            [
                "Space._undoneFaults", "Space.Events", "ProcessTable._undoneFaults", "ProcessTable.ReapedCount", "MachineParts.Events",
                "FileParts.Statistics", "MemoryGroup.LimitHits", "MemoryGroup.Failures", "MemoryGroup.Kills",
            ],
        },
        new()
        {
            Name = "page cache, reclaim lists, translations",
            In = [Stays, Stays, Stays, Stays],
            Note = "how fast something is, not what it is",
            Fields =
            [
                "MachineParts.Lists", "MachineParts.Translations", "FileParts.Cache", "PressureParts.Reclaimer", "PressureParts.Eviction",
                "PageTranslation._cache",
            ],
        },
        new()
        {
            Name = "options and settings of the engine",
            In = [Stays, Stays, Stays, Stays],
            Note = "those of the engine that loads count",
            Fields = ["PagingEngine.Options", "Space.IsTransparent", "MachineParts.IsTransparent", "MachineParts.Tables"],
        },
        new()
        {
            Name = "other snapshots",
            In = [Stays, Stays, Stays, Stays],
            Note = "a tree of them; saved is the one that is asked",
            Fields =
            [
                "UserProcess.Snapshots", "ProcessTable.ProcessSnapshots", "ProcessTable.EngineSnapshots", "FileObject.KeptCount",
                "FileObject.KeptOpenCount", "OpenFile.KeptCount", "EngineParts.Snapshots", "EngineParts.Contents",
            ],
        },
        new()
        {
            Name = "processes of Windows",
            In = [Refused, Stays, Refused, Refused],
            Note = "`WindowsMachine.Save` saves them ([WINDOWS.md](WINDOWS.md)); they run on beside a snapshot of the engine, "
                + "whose saved form and images are of the others",
            Find = static search => search.Space.Foreign is null ? null : $"{search.Process} is of another system",
            Fields = ["Space.Foreign", "FileObject.IsOfAnotherSystem"],
        },
        new()
        {
            Name = "threads, translated code, flat views, the wiring of an engine",
            In = [Stays, Stays, Stays, Stays],
            Note = "made with the engine or by the host; holds nothing that a process could see",
            Fields = Wiring,
        },
    ];

    private static ImmutableArray<ImmutableArray<KeptPart>> RefusedBy { get; } =
        [.. Enum.GetValues<KeepingWay>().Select(static way => All.Where(part => part.In[(int)way] == Refused).ToImmutableArray())];

    /// <summary>Says what keeps a process from being kept in a way; null if nothing does.</summary>
    public static string? FindObstacle(KeepingWay way, PartSearch search)
    {
        foreach (KeptPart part in RefusedBy[(int)way])
            if (part.Find?.Invoke(search) is { } found) return found;
        return null;
    }

    /// <summary>Prints the table of the documents, in Markdown.</summary>
    public static string Format()
    {
        StringBuilder text = new();
        text.Append("| | snapshot | of the engine | saved | image | |\n|---|---|---|---|---|---|\n");
        foreach (KeptPart part in All)
            text.Append($"| {part.Name} | {string.Join(" | ", part.In.Select(WordFor))} | {part.Note} |\n");
        return text.ToString();
    }

    private static string WordFor(Keeping keeping) => keeping switch
    {
        GoesBack => "goes back",
        Carried => "carried",
        ByName => "by name",
        Refused => "**refused**",
        _ => "stays",
    };

    private static string? FindReported(PartSearch search)
    {
        Space space = search.Space;
        if (space.Userfaults is null) return null;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            if (space.Areas[index].IsReported)
                return $"{search.Process} has registered {space.Areas[index].First.Address} with a userfaultfd";
        }

        return null;
    }

    private static ImmutableArray<string> Wiring =>
    [
        "EngineParts.Access", "EngineParts.Calls", "EngineParts.Counting", "EngineParts.Daemon", "EngineParts.Faults",
        "EngineParts.Files", "EngineParts.Inspector", "EngineParts.Io", "EngineParts.Machine", "EngineParts.Reclaim",
        "FileObject.NextWaiting", "FileParts.Code", "FileParts.Mappings", "FileParts.ReverseMap", "FileParts.Zap",
        "FileParts._nodes", "IoParts.Calls", "IoParts.Filler", "IoParts.MappedReadAhead", "IoParts.Prefetch", "IoParts.ReadAhead",
        "MachineParts.Blocks", "MachineParts.Callers", "MachineParts.Injection", "MachineParts.KernelHalf", "MachineParts.Spaces",
        "MachineParts.Store", "MachineParts.Touches", "MemoryGroup._callers", "MemoryGroup._lists", "PageTranslation._callers",
        "PageTranslation._faults", "PageTranslation._parts", "PageTranslation._ram", "PageTranslation._space",
        "PageTranslation._tables", "PagingEngine.Background", "PagingEngine.Files", "PagingEngine.Frames", "PagingEngine.Groups",
        "PagingEngine.HostCalls", "PagingEngine.HugePages", "PagingEngine.SavedProcesses", "PagingEngine.Swap", "PagingEngine.Threads",
        "PagingEngine._callers", "PagingEngine._parts", "PagingEngine._processes", "PressureParts.Compactor",
        "PressureParts.Kept", "PressureParts.Pressure", "ProcessTable.IsDisposed", "ProcessTable._reaped", "ProcessTable.parts",
        "Space.Index",
        "UserProcess.Space", "UserProcess._files", "UserProcess._memory", "UserProcess._parts", "UserProcess._table",
    ];
}
