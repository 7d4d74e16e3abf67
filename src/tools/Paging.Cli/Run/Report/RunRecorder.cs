using System.Numerics;
using Paging.Cli.Reports;
using Paging.Core;
using Paging.Guest;
using Paging.Native;
using Paging.Reports;

namespace Paging.Cli.Run.Report;

/// <summary>
/// Records a run for its report: faults by call and by time, the cost of each call, and samples of the first process's memory.
/// </summary>
/// <remarks>
/// The working set of an interval is the pages with the accessed bit at its end; each sample clears the bits, as a write to
/// /proc/PID/clear_refs does, so with little RAM reclaim may choose other pages than without a report. At 512 samples, pairs of neighbours
/// are merged and the interval doubles, so that all intervals have the same length.
/// </remarks>
internal sealed class RunRecorder : IGuestObserver
{
    private const int SampleCountMax = 512, EventCapacity = 1 << 16;
    private const string Program = "the program itself";

    private const int TablePages = 1024;
    private readonly List<ReportSample> _samples = [];
    private readonly List<ulong[]> _referenced = [];    // for each sample the pages that were accessed in its interval: a bit each
    private readonly List<(long Time, uint Page)> _faults = [];
    private readonly SortedDictionary<string, long> _faultsByCall = new(StringComparer.Ordinal);
    private PagingEngine? _engine;
    private EventRecorder? _events;    // ends with the engine
    private UserProcess? _first;
    private long _interval = 100_000, _next;

    public IReadOnlyList<ReportSample> Samples => _samples;

    /// <summary>When each fault happened, in nanoseconds, and at which page: the first 2^18.</summary>
    public IReadOnlyList<(long Time, uint Page)> Faults => _faults;

    /// <summary>Faults by the system call that made them.</summary>
    public IReadOnlyDictionary<string, long> FaultsByCall => _faultsByCall;

    /// <summary>The cost of the calls of all processes, and of the code between them; null before the start.</summary>
    public CallCosts? Costs { get; private set; }

    /// <summary>The length of the intervals between samples, in nanoseconds. A call or stretch that takes longer lengthens one.</summary>
    public long Interval => _interval;

    /// <summary>The number of samples in which each page was accessed.</summary>
    public IReadOnlyDictionary<uint, int> HotPages => _referenced.SelectMany(PagesIn).CountBy(static page => page).ToDictionary();

    /// <summary>/proc/PID/maps by line, with the resident pages, at the time when most pages were resident.</summary>
    public IReadOnlyList<(string Line, string Name, PageRange Range, long Resident)> Peak { get; private set; } = [];

    public long PeakResident { get; private set; }

    public long EndTime { get; private set; }

    public void Started(PagingEngine engine) => (_engine, _events, Costs) = (engine, engine.RecordEvents(EventCapacity), new(engine));

    public void OnProgress(UserProcess process, string? call, long nanoseconds)
    {
        Costs!.End($"{process.Name} {process.Id}", call ?? Program);
        _first ??= process;
        EndTime = nanoseconds;
        FaultSink sink = new(_faults, nanoseconds, _first.Id);
        _events!.Drain(ref sink);
        if (sink.Count != 0) _faultsByCall[call ?? Program] = _faultsByCall.GetValueOrDefault(call ?? Program) + sink.Count;
        if (nanoseconds >= _next && !_first.HasExited) Sample(_engine!, nanoseconds);
        Costs.Begin();    // the report's own time is not charged to a call
    }

    private void Sample(PagingEngine engine, long time)
    {
        AddressSpace space = _first!.Memory;
        ulong[] referenced = new ulong[PageNumber.FirstKernel.Value / 64];
        foreach (uint page in AccessedPagesOf(engine, space)) referenced[page / 64] |= 1UL << (int)page;
        space.ClearReferences(ReferenceKind.All);
        long resident = space.Usage.Resident.Value;
        _samples.Add(new(time, space.Faults, resident) { WorkingSet = CountOf(referenced) });
        _referenced.Add(referenced);
        if (resident > PeakResident) KeepPeak(space, resident);
        if (_samples.Count >= SampleCountMax) Thin();
        _next = time + _interval;
    }

    private void KeepPeak(AddressSpace space, long resident)
    {
        PeakResident = resident;
        string[] lines = space.FormatMaps().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        IReadOnlyList<AreaSnapshot> areas = space.Areas.Snapshot();
        Peak = [.. areas.Zip(lines, (area, line) => (line, NameIn(line), area.Range,
            (long)(space.Areas.FootprintAt(area.Range.First).Resident >> 12)))];
    }

    /// <summary>Returns the sixth field, empty for anonymous memory.</summary>
    private static string NameIn(string line)
    {
        string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 6 ? fields[5] : "";
    }

    private void Thin()
    {
        _interval *= 2;
        int kept = 0;
        for (int i = 0; i + 1 < _samples.Count; i += 2, kept++)
        {
            ulong[] both = Join(_referenced[i], _referenced[i + 1]);
            (_samples[kept], _referenced[kept]) = (_samples[i + 1] with { WorkingSet = CountOf(both) }, both);
        }

        _samples.RemoveRange(kept, _samples.Count - kept);
        _referenced.RemoveRange(kept, _referenced.Count - kept);
    }

    internal static ulong[] Join(ulong[] first, ulong[] second) => [.. first.Zip(second, static (left, right) => left | right)];

    internal static long CountOf(ulong[] pages) => pages.Sum(static word => (long)BitOperations.PopCount(word));

    internal static IEnumerable<uint> PagesIn(ulong[] pages)
    {
        for (uint word = 0; word < pages.Length; word++)
            for (ulong rest = pages[word]; rest != 0; rest &= rest - 1)
                yield return (word * 64) + (uint)BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>The pages whose entries have the accessed bit, ascending. Cost: O(page tables).</summary>
    private static IEnumerable<uint> AccessedPagesOf(PagingEngine engine, AddressSpace space)
    {
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        foreach (AreaSnapshot area in space.Areas.Snapshot())
        {
            for (uint page = area.Range.First.Value; page < area.Range.End.Value; page++)
            {
                WalkResult walk = Walker.Peek(engine.Ram, engine.Options.Tables, space.PrepareWalk(), new(page));
                if (walk.Succeeded && walk.Leaf.IsAccessed) yield return page;
                else if (!walk.Succeeded && !isWide && (engine.Ram.Words(space.PrepareWalk())[(int)(page / TablePages)] & 1) == 0)
                    page |= TablePages - 1;    // the table is missing
            }
        }
    }
}
