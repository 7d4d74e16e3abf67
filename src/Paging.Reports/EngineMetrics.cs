using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Paging.Core;
using Paging.Native;

namespace Paging.Reports;

/// <summary>
/// Shows an engine's counters as <see cref="System.Diagnostics.Metrics"/>, under the meter <c>Paging</c>: for dotnet-counters,
/// OpenTelemetry, or any other listener.
/// </summary>
/// <remarks><code>
/// paging.faults              {kind = minor, major, refused}   page faults of all processes, ended ones too
/// paging.pages.copied        pages copied on write
/// paging.swap.reads .writes  pages read from and written to swap devices
/// paging.reclaimed           frames that reclaim has freed
/// paging.cache.lookups       {result = hit, miss}             reads of pages of files
/// paging.cache.pages         {state = clean, dirty}           pages of files in RAM
/// paging.frames              {state = free, page_table, …}    frames of RAM
/// paging.processes           processes that have not been reaped
/// </code>
/// Every measurement has the tag <c>engine</c>. A listener gets the figures of the moment in which it asks, if the engine serves many
/// threads (<see cref="EngineOptions.AllowThreads"/>) or if it asks on the engine's own thread. Any other thread may not enter the engine,
/// so it gets the figures of the last <see cref="Publish"/>, which the engine's own thread calls, as from the timer that calls
/// <see cref="PagingEngine.RunBackground"/>. Cost of a measurement: O(processes), and a kilobyte of garbage; nothing anywhere else.
/// </remarks>
public sealed class EngineMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Paging";

    private static readonly ImmutableArray<FrameState> States = [.. Enum.GetValues<FrameState>()];

    private readonly PagingEngine _engine;
    private readonly Meter _meter;
    private readonly KeyValuePair<string, object?> _tag;
    private volatile Figures _figures;

    /// <summary>Creates the instruments, and publishes the current figures.</summary>
    /// <param name="engine">The engine, on its own thread.</param>
    /// <param name="name">The value of the tag <c>engine</c>.</param>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public EngineMetrics(PagingEngine engine, string name)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(name);
        _engine = engine;
        _tag = new("engine", name);
        _figures = Take();    // before the instruments: a listener may ask at once
        _meter = new(MeterName, typeof(EngineMetrics).Assembly.GetName().Version?.ToString(3));
        _meter.CreateObservableCounter("paging.faults", ObserveFaults, "{fault}", "Page faults");
        AddCounter("paging.pages.copied", static figures => figures.Faults.Copied, "{page}", "Pages copied on write");
        AddCounter("paging.swap.reads", static figures => figures.Reclaimed.SwapReads, "{page}", "Pages read from swap devices");
        AddCounter("paging.swap.writes", static figures => figures.Reclaimed.SwapWrites, "{page}", "Pages written to swap devices");
        AddCounter("paging.reclaimed", static figures => figures.Reclaimed.Reclaimed, "{frame}", "Frames freed by reclaim");
        _meter.CreateObservableCounter("paging.cache.lookups", ObserveLookups, "{page}", "Reads of pages of files");
        _meter.CreateObservableGauge("paging.cache.pages", ObserveCached, "{page}", "Pages of files in RAM");
        _meter.CreateObservableGauge("paging.frames", ObserveFrames, "{frame}", "Frames of RAM by state");
        _meter.CreateObservableGauge(
            "paging.processes", () => Measure(Current.ProcessCount), "{process}", "Processes that have not been reaped");
    }

    /// <summary>Publishes the current figures to listeners.</summary>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    /// <exception cref="InvalidOperationException">The engine belongs to another thread, or one of its callbacks runs.</exception>
    public void Publish() => _figures = Take();

    /// <summary>Removes the instruments. The engine stays.</summary>
    public void Dispose() => _meter.Dispose();

    /// <summary>The current figures if the calling thread may enter the engine, otherwise those of the last time.</summary>
    private Figures Current
    {
        get
        {
            try
            {
                return _figures = Take();
            }
            catch (InvalidOperationException)    // another thread's engine, in a callback, or disposed
            {
                return _figures;
            }
        }
    }

    private Figures Take()
    {
        long[] frames = new long[States.Length];
        for (int i = 0; i < frames.Length; i++) frames[i] = _engine.Frames.CountOf(States[i]).Value;
        EngineFiles files = _engine.Files;
        return new(_engine.Faults, _engine.Reclaimed, files.CacheCounters, files.CachedPages.Value, files.DirtyPages.Value, frames,
            _engine.ProcessCount);
    }

    private void AddCounter(string name, Func<Figures, long> of, string unit, string description) =>
        _meter.CreateObservableCounter(name, () => Measure(of(Current)), unit, description);

    private Measurement<long>[] ObserveFaults()
    {
        FaultCounters faults = Current.Faults;
        return [Measure(faults.Minor, "kind", "minor"), Measure(faults.Major, "kind", "major"), Measure(faults.Refused, "kind", "refused")];
    }

    private Measurement<long>[] ObserveLookups()
    {
        CacheCounters cache = Current.Cache;
        return [Measure(cache.Hits, "result", "hit"), Measure(cache.Misses, "result", "miss")];
    }

    private Measurement<long>[] ObserveCached()
    {
        Figures figures = Current;
        return [Measure(figures.Cached - figures.Dirty, "state", "clean"), Measure(figures.Dirty, "state", "dirty")];
    }

    private IEnumerable<Measurement<long>> ObserveFrames()
    {
        Figures figures = Current;
        return States.Select((state, i) => Measure(figures.Frames[i], "state", NameOf(state)));
    }

    private Measurement<long> Measure(long value) => new(value, _tag);

    private Measurement<long> Measure(long value, string key, string of) => new(value, _tag, new(key, of));

    /// <summary>Returns <c>page_table</c> for <c>PageTable</c>: OpenTelemetry's form of attribute values.</summary>
    private static string NameOf(FrameState state) => string.Concat(state.ToString().Select(static (letter, i) =>
        char.IsUpper(letter) ? $"{(i == 0 ? "" : "_")}{char.ToLowerInvariant(letter)}" : $"{letter}"));

    private sealed record Figures(
        FaultCounters Faults, ReclaimCounters Reclaimed, CacheCounters Cache, uint Cached, uint Dirty, long[] Frames, int ProcessCount);
}
