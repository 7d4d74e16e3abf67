using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Paging.Bench.Host;
using Paging.Bench.Reports;
using Paging.Costs.Fitting;
using Paging.Costs.Prices;

namespace Paging.Bench.Costs;

/// <summary>A price list for this host: measured, fitted on one half of the cases, judged on the other.</summary>
/// <remarks><code>
/// access        the median load of the fitted cases of at most 256 KiB in large pages: data in a cache, a translation in the first level
/// translation   least squares over what small pages add to a load of the same sequence; the second level has the size, of some powers of
///               two, that leaves the least sum of squares
/// kernel        least squares, by ratio, over the fitted work, less its accesses and translations
/// the rest      server-2025's: prices that no case pays, the TLBs' other numbers, devices
/// </code>
/// The counts are the ledger's own: a list in which one price is 1 and all others are 0 gives how often a case pays it.
/// </remarks>
internal sealed class HostPrices
{
    private const string From = "server-2025", AccessPlace = "processor.access";
    private const int LoadCount = 1 << 18, RunsOfRound = 2;
    private const uint CachedBytes = 256 << 10;
    private const double Unit = 1000;

    private static readonly ImmutableArray<int> SecondLevels = [1024, 2048, 4096, 8192];

    private static readonly ImmutableArray<string> Translation =
        ["processor.secondLevelHit", "processor.entryLineHit", "processor.entryLineMiss"];

    private static readonly ImmutableArray<string> Kernel =
    [
        "kernel.systemCall", "kernel.exception", "kernel.clearPage", "kernel.copyPage", "kernel.copyFromCache", "kernel.mapPage",
        "kernel.unmapPage",
    ];

    private readonly Dictionary<string, double> _prices = new(StringComparer.Ordinal);
    private readonly TextWriter _progress;
    private readonly uint _largest;
    private readonly int _rounds;
    private readonly string _source;

    private HostPrices(uint largest, int rounds, TextWriter progress)
    {
        (_largest, _rounds, _progress) = (largest, rounds, progress);
        Host = HostDescription.Current();
        Date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        _source = $"fitted on {Host.Processor}, {Date}";
        Loads = LoadCase.UpTo(largest);
        Works = KernelCase.UpTo(Math.Min(largest, 64 << 20));
    }

    /// <summary>The host.</summary>
    public HostDescription Host { get; }

    /// <summary>The day.</summary>
    public string Date { get; }

    /// <summary>The entries of the second-level TLB.</summary>
    public int SecondLevel { get; private set; }

    /// <summary>The fitted prices in nanoseconds, by place.</summary>
    public IReadOnlyDictionary<string, double> Prices => _prices;

    /// <summary>The cases with their times.</summary>
    public LoadCase[] Loads { get; }

    /// <inheritdoc cref="Loads"/>
    public KernelCase[] Works { get; private set; }

    /// <summary>The list, as <c>--costs</c> of other commands reads it.</summary>
    public string Json { get; private set; } = "";

    /// <summary>Measures and fits. At most two minutes with 1 GiB and five rounds.</summary>
    /// <param name="largest">The largest working set in bytes: a power of two, at least 1 MiB.</param>
    /// <param name="rounds">The rounds of each measurement.</param>
    /// <param name="progress">Receives a line for each part.</param>
    public static HostPrices Measure(uint largest, int rounds, TextWriter progress)
    {
        HostPrices host = new(largest, rounds, progress);
        host.MeasureLoads();
        host.MeasureKernel();
        host.FitProcessor();
        host.FitKernel();
        host.Json = PriceWriter.Write(From, "this-host", $"{host.Host.Text}; fitted by Paging.Bench --costs.", host._source, host._prices,
            host.SecondLevel);
        host.Judge();
        return host;
    }

    /// <summary>Small and large pages take turns: their difference is fitted, and a host is not equally busy all the time.</summary>
    private void MeasureLoads()
    {
        using HostRegion small = new(_largest, hugePages: false), large = new(_largest, hugePages: true);
        small.Fill(0);
        large.Fill(0);
        for (int round = 1; round <= _rounds; round++)
        {
            _progress.WriteLine($"loads of the host, round {round} of {_rounds}");
            foreach (LoadCase one in Loads)
            {
                one.Small = Math.Min(one.Small, TimeOf(one, small));
                one.Large = Math.Min(one.Large, TimeOf(one, large));
            }
        }
    }

    private static double TimeOf(LoadCase one, HostRegion region)
    {
        LoadSequence sequence = new(one.Pattern, one.ByteLength);
        sequence.StoreChain(region);
        ulong sum = sequence.Load(region, LoadCount);    // to warm up
        long least = long.MaxValue;
        for (int run = 0; run < RunsOfRound; run++)
        {
            long began = Stopwatch.GetTimestamp();
            sum += sequence.Load(region, LoadCount);
            least = Math.Min(least, Stopwatch.GetTimestamp() - began);
        }

        GC.KeepAlive(sum);
        return HostKernel.Nanoseconds(least) / (double)LoadCount;
    }

    private void MeasureKernel()
    {
        _progress.WriteLine("the host's kernel");
        using HostKernelWork kernel = new(Works.Max(static one => one.ByteLength), _rounds * RunsOfRound);
        foreach (KernelCase one in Works) one.Host = kernel.Measure(one.Work, one.ByteLength);
        if (Array.Exists(Works, static one => one.Host == 0)) _progress.WriteLine("this host gives no huge pages: their rows are left out");
        Works = [.. Works.Where(static one => one.Host > 0)];
    }

    private void FitProcessor()
    {
        _progress.WriteLine("the fitted loads on the engine");
        double[] cached =
            [.. Loads.Where(static one => one.IsFitted && one.ByteLength <= CachedBytes).Select(static one => one.Large).Order()];
        _prices[AccessPlace] = (cached[(cached.Length - 1) / 2] + cached[cached.Length / 2]) / 2;

        PriceList[] lists = [.. from entries in SecondLevels from place in Translation select OnlyOne(place, entries)];
        LoadCase[] fitted = [.. Loads.Where(static one => one.IsFitted)];
        double[][] small = Counted(fitted, lists, isLarge: false), large = Counted(fitted, lists, isLarge: true);
        double least = double.MaxValue;
        for (int candidate = 0; candidate < SecondLevels.Length; candidate++)
        {
            PriceFit fit = new(Translation.Length);
            double[][] added = [.. fitted.Select((_, row) => Enumerable.Range(candidate * Translation.Length, Translation.Length)
                .Select(column => small[row][column] - large[row][column]).ToArray())];
            for (int row = 0; row < fitted.Length; row++)
                fit.Add(fitted[row].Small - fitted[row].Large, added[row], fitted[row].Small);
            double?[] found = fit.Solve();
            double error = fitted.Select((one, row) => Square((DotProduct(added[row], found) - one.Small + one.Large) / one.Small)).Sum();
            if (error >= least) continue;
            (least, SecondLevel) = (error, SecondLevels[candidate]);
            Take(Translation, found);
        }
    }

    private double[][] Counted(LoadCase[] cases, PriceList[] lists, bool isLarge)
    {
        using EngineCosts engine = EngineCosts.ForLoads(_largest, isLarge);
        return [.. cases.Select(one => Array.ConvertAll(engine.OfLoads(one.Pattern, one.ByteLength, lists), static time => time / Unit))];
    }

    private void FitKernel()
    {
        _progress.WriteLine("the fitted work on the engine");
        string[] known = [AccessPlace, .. Translation];
        PriceList[] lists = [.. Kernel.AsEnumerable().Concat(known).Select(place => OnlyOne(place, SecondLevel))];
        PriceFit fit = new(Kernel.Length);
        foreach (KernelCase one in Works.Where(static one => one.IsFitted))
        {
            double[] counts = Array.ConvertAll(EngineCosts.OfKernel(one.Work, one.ByteLength, lists), static time => time / Unit);
            double processor = known.Select((place, i) => counts[Kernel.Length + i] * _prices.GetValueOrDefault(place)).Sum();
            fit.Add(one.Host - processor, counts.AsSpan(0, Kernel.Length), one.Host);
        }

        Take(Kernel, fit.Solve(byRatio: true));
        _prices["kernel.faultWork"] = 0;    // always paid together with the exception, which has its time
    }

    private void Judge()
    {
        _progress.WriteLine("the judged half on the engine");
        PriceList[] list = [PriceList.Parse(Encoding.UTF8.GetBytes(Json), "this-host")];
        foreach (bool isLarge in (ReadOnlySpan<bool>)[false, true])
        {
            using EngineCosts engine = EngineCosts.ForLoads(_largest, isLarge);
            foreach (LoadCase one in Loads.Where(static one => !one.IsFitted))
            {
                double time = engine.OfLoads(one.Pattern, one.ByteLength, list)[0];
                if (isLarge) one.LedgerLarge = time;
                else one.LedgerSmall = time;
            }
        }

        foreach (KernelCase one in Works.Where(static one => !one.IsFitted))
            one.Ledger = EngineCosts.OfKernel(one.Work, one.ByteLength, list)[0];
    }

    /// <summary>A list in which one price is a microsecond and all others are nothing.</summary>
    private PriceList OnlyOne(string price, int secondLevel) => PriceList.Parse(Encoding.UTF8.GetBytes(PriceWriter.Write(From, "one",
        price, _source, PriceWriter.Places.ToDictionary(static place => place,
            place => string.Equals(place, price, StringComparison.Ordinal) ? Unit : 0, StringComparer.Ordinal), secondLevel)), "one");

    private void Take(ImmutableArray<string> places, double?[] found)
    {
        for (int i = 0; i < places.Length; i++)
            if (found[i] is { } price) _prices[places[i]] = price;
    }

    private static double DotProduct(double[] counts, double?[] prices) =>
        counts.Zip(prices, static (count, price) => count * (price ?? 0)).Sum();

    private static double Square(double number) => number * number;
}
