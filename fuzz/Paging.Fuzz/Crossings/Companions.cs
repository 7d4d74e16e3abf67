using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Policies;

namespace Paging.Fuzz;

/// <summary>Every feature that can be used beside a scenario.</summary>
internal static class Companions
{
    private const int EveryFifth = 5, EveryThird = 3, WatchedBytes = 4096;

    public static IReadOnlyList<Companion> All { get; } =
    [
        new("snapshot", "a snapshot of each process, open")
        {
            Join = static (company, process) =>
            {
                if (company.Took(process, out Snapshot? snapshot)) company.Open(snapshot);
            },
        },
        new("engine-snapshot", "a snapshot of the engine, open")
        {
            Begin = static company =>
            {
                if (company.Took(out EngineSnapshot? snapshot)) company.Open(snapshot);
            },
            IsForWindows = true,
        },
        new("snapshot-dropped", "a snapshot of each process, taken and dropped before every fifth call")
        {
            BeforeCall = static company => Each(company, EveryFifth, static (company, process) =>
            {
                if (company.Took(process, out Snapshot? snapshot)) snapshot.Dispose();
            }),
        },
        new("engine-snapshot-dropped", "a snapshot of the engine, taken and dropped before every fifth call")
        {
            BeforeCall = static company =>
            {
                if (company.CallCount % EveryFifth == 0
                    && company.Took(out EngineSnapshot? snapshot)) snapshot.Dispose();
            },
            IsForWindows = true,
        },
        new("snapshot-redone", "every third call made, undone by a snapshot of its process, and made again")
        {
            Redone = RedoneState.Process,
        },
        new("engine-snapshot-redone", "every third call made, undone by a snapshot of the engine, and made again")
        {
            Redone = RedoneState.Engine,
        },
        new("threads", "an engine of many threads")
        {
            Options = static options => options with { AllowThreads = true },
            IsForWindows = true,
        },
        new("pae", "page tables of 64 bits")
        {
            Options = static options => options with { Tables = TableFormat.Pae },
            IsForWindows = true,
        },
        new("log", "a dirty log of the MMU on each process, collected before every third call")
        {
            Join = static (company, process) => company.Open(process.Memory.OpenDirtyLog(WriteSources.Mmu)),
            BeforeCall = Collect,
            IsForWindows = true,
        },
        new("log-for-processors", "a dirty log for processors on each process, collected before every third call")
        {
            Join = static (company, process) => company.Open(process.Memory.OpenDirtyLog(WriteSources.Processor)),
            BeforeCall = Collect,
            IsForWindows = true,
        },
        new("frame-log", "a dirty log of frames, collected before every third call")
        {
            Begin = static company => company.Open(company.Engine.OpenDirtyLog(WriteSources.Mmu)),
            BeforeCall = Collect,
            IsForWindows = true,
        },
        new("frame-log-for-processors", "a dirty log of frames for processors, collected before every third call")
        {
            Begin = static company => company.Open(company.Engine.OpenDirtyLog(WriteSources.Processor)),
            BeforeCall = Collect,
            IsForWindows = true,
        },
        new("events", "a recorder of events")
        {
            Begin = static company => company.Open(company.Engine.RecordEvents()),
            IsForWindows = true,
        },
        new("shadow", "a byte shadow of each process, without a mark")
        {
            Join = static (company, process) => process.Memory.OpenByteShadow(),
            IsForWindows = true,
        },
        new("watch", "watchpoints on the pages of each process that are mapped first")
        {
            Join = static (company, process) =>
            {
                foreach (VirtualAddress place in company.Places)
                    company.Open(process.Memory.Mmu.Watch(place, WatchedBytes, WatchedAccesses.All, static _ => { }));
            },
            IsForWindows = true,
        },
        .. PolicyEntry.All.Select(static entry => new Companion("policy-" + entry.Name, "the replacement policy " + entry.Name)
        {
            OnlyOneOf = "policy",
            Options = options => options with { Policy = ReclaimPolicy.Of(entry) },
        }),
        new("every-access", "a replacement policy that is told of every access")
        {
            OnlyOneOf = "policy",
            Options = static options => options with { Policy = ReclaimPolicy.Of(PolicyEntry.Find("lru")!, AccessInformation.EveryAccess) },
        },
        new("shared-ram", "RAM in a file")
        {
            Options = static options => options with { ShareRam = true },
            IsForWindows = true,
        },
        new("ledger", "a ledger of costs")
        {
            Begin = static company => _ = new CostLedger(company.Engine, PriceList.Find("desktop-2009")!),
            IsForWindows = true,
        },
        new("userfaultfd", "a userfaultfd of each process without a registration")
        {
            Join = static (company, process) => company.Open(process.Memory.Userfaultfds.Open()),
        },
        new("host-state", "a state of the host on each process, and a snapshot of it")
        {
            Join = static (company, process) =>
            {
                process.HostState = new EmptyHostState();
                if (company.Took(process, out Snapshot? snapshot)) snapshot.Dispose();
            },
        },
        new("clear-refs", "clear_refs of all kinds, one after the other, before every third call")
        {
            BeforeCall = static company => Each(company, EveryThird, static (company, process) =>
                company.Done("clear_refs", process.Memory.ClearReferences((ReferenceKind)(1 + (company.CallCount / EveryThird % 5))))),
        },
        new("compaction", "compaction before every third call")
        {
            BeforeCall = static company =>
            {
                if (company.CallCount % EveryThird == 0) _ = company.Engine.Frames.Compact();
            },
            IsForWindows = true,
        },
        new("image", "an image of each process and a clone of it, before every fifth call")
        {
            BeforeCall = static company => Each(company, EveryFifth, static (company, process) =>
            {
                if (!company.Took(process, out Snapshot? snapshot)) return;
                using (snapshot) company.Try("image", () => Clone(ProcessImage.Of(snapshot), company.Engine.Options.Tables));
            }),
        },
        new("save", "each process saved before every fifth call")
        {
            BeforeCall = static company => Each(company, EveryFifth, static (company, process) =>
            {
                if (!company.Took(process, out Snapshot? snapshot)) return;
                using (snapshot) company.Try("save", () => snapshot.Save(Stream.Null));
            }),
        },
        new("background", "background work before every third call")
        {
            BeforeCall = static company =>
            {
                if (company.CallCount % EveryThird == 0) _ = company.Engine.RunBackground(64);
            },
            IsForWindows = true,
        },
        new("reports", "figures of all processes and frames before every third call")
        {
            BeforeCall = static company =>
            {
                if (company.CallCount % EveryThird != 0) return;
                _ = company.Engine.Memory;
                _ = company.Engine.Frames.CountZones();
                foreach (UserProcess process in company.Processes)
                {
                    _ = process.Memory.Areas.Snapshot();
                    _ = process.Memory.Footprint;
                    _ = process.Memory.Usage;
                }
            },
            IsForWindows = true,
        },
        new("windows", "a process of Windows beside those of the scenario")
        {
            Begin = static company => WindowsNeighbour.Start(company),
            IsKeptByEngine = true,    // KUSER_SHARED_DATA
        },
        .. CompanionsOfPages.All,
    ];

    /// <summary>The companion with a name.</summary>
    public static Companion Find(string name) =>
        All.First(companion => string.Equals(companion.Name, name, StringComparison.Ordinal));

    /// <summary>
    /// Makes a process of an image in another engine, which has huge pages for those of any recording. The scenarios name their
    /// directories <c>dir</c>.
    /// </summary>
    private static void Clone(ProcessImage image, TableFormat tables)
    {
        using PagingEngine other = new(new EngineOptions
        {
            RamBytes = 128 << 20,
            HugePages = 24,
            Overcommit = OvercommitMode.Always,
            Tables = tables,
        });
        other.CloneProcess(image, name => name is "dir" ? other.Files.CreateDirectory(name) : other.Files.CreateMemoryFile(name)).Dispose();
    }

    private static void Each(Company company, int every, Action<Company, UserProcess> act)
    {
        if (company.CallCount % every != 0) return;
        foreach (UserProcess process in company.Processes.ToArray()) act(company, process);
    }

    private static void Collect(Company company)
    {
        if (company.CallCount % EveryThird != 0) return;
        foreach (IDisposable opened in company.Opened)
        {
            if (opened is DirtyLog ofPages) _ = ofPages.CollectDirty();
            else if (opened is FrameDirtyLog ofFrames) _ = ofFrames.CollectDirty();
        }
    }

    /// <summary>A host without state.</summary>
    private sealed class EmptyHostState : IHostState
    {
        public ReadOnlySpan<byte> Save() => [1];

        public void Restore(ReadOnlySpan<byte> state) { }
    }
}
