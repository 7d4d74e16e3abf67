using Paging.Core;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>A machine at one moment: frames, cached files, processes and counters.</summary>
/// <remarks>Cost: O(frames + areas + tables). Allocates. Changes nothing.</remarks>
public sealed record MachineView
{
    internal MachineView() { }

    /// <summary>Every frame by number.</summary>
    public IReadOnlyList<FrameView> Frames => FrameArray;

    internal FrameView[] FrameArray { get; private init; } = [];

    /// <summary>The number of dirty frames.</summary>
    internal int DirtyCount { get; private init; }

    private int[] FrameCounts { get; init; } = [];

    /// <summary>The requested files.</summary>
    public IReadOnlyList<CachedFileView> Files { get; private init; } = [];

    /// <summary>The processes that have not exited.</summary>
    public IReadOnlyList<SpaceView> Spaces { get; internal init; } = [];

    /// <summary>The counters.</summary>
    public IReadOnlyList<CounterView> Counters { get; internal init; } = [];

    /// <summary>Looks at a machine, at its processes, and at some of its files.</summary>
    public static MachineView Take(PagingEngine engine, params IReadOnlyCollection<GuestFile> files) =>
        Take(engine, LookParts.All, previous: null, files);

    /// <summary>Takes the requested parts, and shares the unchanged ones with an earlier view of the same machine.</summary>
    /// <param name="engine">The machine.</param>
    /// <param name="parts">The parts to take besides areas, tables, frames and counters.</param>
    /// <param name="previous">The earlier view, or null.</param>
    /// <param name="files">The files whose pages are listed.</param>
    public static MachineView Take(PagingEngine engine, LookParts parts, MachineView? previous,
        params IReadOnlyCollection<GuestFile> files)
    {
        FrameView[] frames = FramesOf(engine, files);
        int[] counts = new int[Enum.GetValues<FrameState>().Length];
        int dirty = 0;
        foreach (ref readonly FrameView frame in frames.AsSpan())
        {
            counts[(int)frame.State]++;
            if (frame.IsDirty) dirty++;
        }

        return new()
        {
            FrameArray = frames,
            FrameCounts = counts,
            DirtyCount = dirty,
            Files = [.. files.Select(file => FileOf(file, frames))],
            Spaces = [.. engine.Processes.Where(static process => !process.HasExited)
                .Select(process => SpaceView.Take(engine, process, frames, parts, previous?.SpaceOf(process.Id)))],
            Counters = CountersOf(engine),
        };
    }

    /// <summary>The space of a process, or null if it has exited.</summary>
    public SpaceView? SpaceOf(int processId) => Spaces.FirstOrDefault(space => space.ProcessId == processId);

    /// <summary>Returns this view with other numbers in its texts: the first process of the machine has this one.</summary>
    public MachineView NumberedFrom(int first) =>
        this with { Spaces = [.. Spaces.Select(space => space with { Number = space.ProcessId - 1 + first })] };

    /// <summary>Returns this view with further counters after its own.</summary>
    public MachineView WithCounters(IReadOnlyList<CounterView> counters) =>
        counters.Count == 0 ? this : this with { Counters = [.. Counters, .. counters] };

    /// <summary>The value of a counter by its name; 0 if there is none.</summary>
    public long Counter(string name) =>
        Counters.FirstOrDefault(counter => string.Equals(counter.Name, name, StringComparison.Ordinal)).Value;

    /// <summary>The number of frames in a state.</summary>
    public int CountFrames(FrameState state) => FrameCounts[(int)state];

    /// <summary>Returns this view with every file that has pages in RAM as <see cref="Files"/>, in the order of their numbers.</summary>
    /// <param name="nameOf">Its name by its number (<see cref="AreaSnapshot.ObjectId"/>), or null: then the number is its name.</param>
    public MachineView WithCachedFiles(Func<int, string?> nameOf)
    {
        SortedDictionary<int, List<CachedPageView>> cached = [];
        for (int i = 0; i < Frames.Count; i++)
        {
            FrameView frame = Frames[i];
            if (frame.FileId == 0) continue;
            if (!cached.TryGetValue(frame.FileId, out List<CachedPageView>? pages)) cached.Add(frame.FileId, pages = []);
            pages.Add(new(frame.FilePage, new((uint)i), frame.IsDirty, frame.MapCount));
        }

        if (cached.Count == 0) return this;
        return this with
        {
            Files = [.. cached.Select(file => new CachedFileView(file.Key, nameOf(file.Key) ?? $"file {file.Key}",
                file.Value.Max(static page => page.Page) + 1, [.. file.Value.OrderBy(static page => page.Page)]))],
        };
    }

    internal static FrameView[] FramesOf(PagingEngine engine, IReadOnlyCollection<GuestFile> files)
    {
        FrameView[] frames = new FrameView[engine.Ram.FrameCount.Value];
        Dictionary<int, GuestFile> byId = files.ToDictionary(static file => file.Id);
        for (uint number = 0; number < frames.Length; number++)
        {
            FrameDescriptor frame = engine.Frames.Describe(new(number));
            bool isCached = frame.State == FrameState.PageCache;
            int file = isCached ? (int)frame.Owner + 1 : 0;    // the owner is the number of the file's object
            bool isDirty = isCached && byId.TryGetValue(file, out GuestFile? known) && known.IsDirty(new(frame.Index));
            frames[number] = new(frame.State, frame.MapCount, file, isCached ? frame.Index : 0, isDirty);
        }

        return frames;
    }

    private static CachedFileView FileOf(GuestFile file, FrameView[] frames) =>
        new(file.Id, file.Name, PageCount.Covering((ulong)file.ByteLength).Value,
            [.. frames.Index().Where(frame => frame.Item.FileId == file.Id)
                .Select(static frame => new CachedPageView(frame.Item.FilePage, new((uint)frame.Index), frame.Item.IsDirty,
                    frame.Item.MapCount))
                .OrderBy(static page => page.Page)]);

    private static CounterView[] CountersOf(PagingEngine engine)
    {
        return
        [
            .. CountersOf("Page faults", engine.Faults.ToNamedCounts()),
            new("Page cache", "cached pages", engine.Files.CachedPages.Value),
            new("Page cache", "dirty pages", engine.Files.DirtyPages.Value),
            .. CountersOf("Page cache", engine.Files.CacheCounters.ToNamedCounts()),
            .. CountersOf("Reclaim", engine.Reclaimed.ToNamedCounts()),
            .. CountersOf("Huge pages", engine.HugePages.Counters.ToNamedCounts()),
            new("RAM", "free frames", engine.Frames.CountOf(FrameState.Free).Value),
            new("RAM", "frames of page tables", engine.Frames.CountOf(FrameState.PageTable).Value),
        ];
    }

    private static IEnumerable<CounterView> CountersOf(string group, IReadOnlyList<NamedCount> counts) =>
        counts.Select(count => new CounterView(group, count.Name, count.Count));
}
