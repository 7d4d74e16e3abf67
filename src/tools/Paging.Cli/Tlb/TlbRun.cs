using Paging.Cli.Replay;
using Paging.Costs.Hardware;
using Paging.Native;
using Paging.Pictures.Reports;
using Paging.Traces.Reading;

namespace Paging.Cli.Tlb;

/// <summary>A run of <c>paging tlb</c>. Each trace is read once; memory does not depend on its length.</summary>
/// <param name="options">The options.</param>
/// <param name="output">Receives the results and errors.</param>
/// <param name="input">Opens standard input.</param>
internal sealed class TlbRun(TlbOptions options, ScriptOutput output, Func<Stream> input)
{
    private const int BlockLength = 1 << 16;
    private const ulong PageMax = (1UL << 52) - 1;    // of an address of 64 bits

    private readonly TraceAccess[] _accesses = new TraceAccess[BlockLength];
    private readonly bool[] _areFetches = new bool[BlockLength];
    private readonly List<TlbFigures> _figures = [];
    private volatile int _sourceIndex;

    /// <summary>True when something could not be read or written.</summary>
    public bool HasUnusable { get; private set; }

    /// <summary>The part that is done, 0 to 1; may be read from another thread.</summary>
    public double DoneFraction => _sourceIndex is var index && index >= options.Sources.Length ? 1
        : (index + options.Sources[index].DoneFraction) / options.Sources.Length;

    /// <summary>Runs to the end, with a progress bar on standard error if it takes long and that is a terminal.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Execute(TlbOptions options, TextWriter output, TextWriter errors, Terminals terminals, Func<Stream>? input)
    {
        if (options.Sweep is { IsEmpty: true })
        {
            return Refusal.Report(errors, "paging tlb: --entries, --ways and --replacement allow no TLB together: "
                + "entries are a multiple of the ways, and plru has a power of two of them, at most 64");
        }

        if (options.LargeMapFile is { } file)
        {
            if (!TryReadMap(file, options.Depth, out LargeRanges? ranges, out string complaint)) return Refusal.Report(errors, complaint);
            options = options with { LargeRanges = ranges };
        }

        ScriptOutput lines = new(output, errors, terminals.HasFlag(Terminals.Output));
        TlbRun run = new(options, lines, input ?? StandardStreams.OpenInput);
        ProgressBar.Run(run.RunAll, "traces", () => run.DoneFraction, lines, errors, terminals.HasFlag(Terminals.Errors));
        output.Flush();
        errors.Flush();
        return run.HasUnusable ? ExitCode.Unusable : ExitCode.Agreement;
    }

    private static bool TryReadMap(string file, TableDepth depth, out LargeRanges? ranges, out string complaint)
    {
        ranges = null;
        try
        {
            ranges = LargeRanges.Read(File.ReadLines(file), MixedTables.ShiftOf(depth), out string? wrong);
            complaint = $"{file}: {wrong}";
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            complaint = UserFiles.Explain(file, exception);
        }

        return ranges is not null;
    }

    private void RunAll()
    {
        foreach (TraceSource source in options.Sources)
        {
            try
            {
                Show(Run(source));
            }
            catch (Exception exception) when (exception is TraceFormatException || UserFiles.IsRefusal(exception))
            {
                Refuse(source.Explain(exception));
            }

            _sourceIndex++;
        }

        if (_figures.Count == 0) return;
        if (options.PlotFile is { } plot && !UserFiles.TryWrite(plot, TlbPictures.Plot(_figures, options), out string? refusal))
            Refuse(refusal!);
        if (options.ReportFile is { } page && !UserFiles.TryWrite(page,
            ReportPage.Write("paging tlb", [.. _figures.Select(figures => TlbPictures.Of(figures, options))]), out refusal))
            Refuse(refusal!);
    }

    private void Show(TlbFigures figures)
    {
        output.WriteLine(options.Csv ? TlbTable.RenderCsv(figures, withHeader: _figures.Count == 0) : TlbTable.Render(figures, options));
        _figures.Add(figures);
    }

    private TlbFigures Run(TraceSource source)
    {
        TranslationShape[] shapes = options.Sweep is { } sweep ? [.. sweep.Select(TranslationShape.Single)] : [options.Prices.Translation];
        TranslationHardware[] hardware = [.. shapes.Select(static shape => new TranslationHardware(shape))];
        using TraceReader trace = source.Open(options.Format, input, mustBeRereadable: false);
        long done = 0;
        for (int count; (count = trace.Read(_accesses, _areFetches)) > 0; done += count)
        {
            Check(source, _accesses.AsSpan(0, count), done);
            long before = done;
            if (hardware.Length == 1) Take(hardware[0], count, before);
            else Parallel.ForEach(hardware, one => Take(one, count, before));
            source.NoteProgress();
        }

        return done > 0 ? new(source.Name, [.. hardware])
            : throw new TraceFormatException(source.Path, 1, "empty: there is no access in it");
    }

    private static void Check(TraceSource source, ReadOnlySpan<TraceAccess> accesses, long done)
    {
        for (int i = 0; i < accesses.Length; i++)
            if (accesses[i].Page > PageMax)
                throw new TraceFormatException(
                    $"{source.Path}: access {done + i + 1} has the page {accesses[i].Page:x}, which no address has");
    }

    /// <summary>Takes a block. Accesses of formats without fetches all count as loads and stores.</summary>
    private void Take(TranslationHardware hardware, int count, long done)
    {
        if (options.LargeRanges is { } ranges) Take(hardware, new MixedTables(options.Depth, ranges), count, done);
        else Take(hardware, new UniformTables(options.Depth, options.IsLarge), count, done);
    }

    private void Take<TTables>(TranslationHardware hardware, TTables tables, int count, long done)
        where TTables : struct, ITranslationTables
    {
        long every = options.SwitchEvery, next = every == 0 ? -1 : done == 0 ? every : (every - (done % every)) % every;
        for (int i = 0; i < count; i++)
        {
            if (i == next)
            {
                hardware.LoadCr3();
                next += every;
            }

            TraceAccess access = _accesses[i];
            AccessKind kind = _areFetches[i] ? AccessKind.Fetch : access.IsStore ? AccessKind.Write : AccessKind.Read;
            hardware.Access(tables, new(access.Page), kind);
        }
    }

    private void Refuse(string error)
    {
        HasUnusable = true;
        output.WriteError(error);
    }
}
