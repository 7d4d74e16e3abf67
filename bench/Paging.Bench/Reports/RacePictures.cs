using System.Globalization;
using Paging.Bench.Harness;
using Paging.Bench.Operations;
using Paging.Native.Collections;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Bench.Reports;

/// <summary>The results as a page of pictures: how many times as long as the engine each rival takes, and how far that spreads.</summary>
/// <remarks>
/// The bar is the ratio of the table in the terminal: of the fastest runs, in races of threads of the medians. In each round all contenders
/// take turns, so what disturbs one disturbs all: the line reaches from the lowest to the highest of the ratios of the rounds' own medians.
/// </remarks>
internal static class RacePictures
{
    private static readonly Role[] _kernels = [Role.Kernel, Role.KernelHuge], _others = [Role.Reference, Role.CSharp, Role.Cpp,
        Role.Unicorn];

    /// <summary>The whole page.</summary>
    public static string Render(IReadOnlyList<RaceResult> results, HostDescription host) => ReportPage.Write(
        "Paging engine: figures of one run",
        [.. Sections(results, host).Where(static section => section.Parts.Count != 0)]);

    private static IEnumerable<ReportSection> Sections(IReadOnlyList<RaceResult> results, HostDescription host)
    {
        int rounds = results.Count == 0 ? 0 : results[0].Engine.RoundNanoseconds.Count;
        string text = $"{host.Text}.\n\nA bar begins at 1, where both take as long; to the right the engine is faster, to the left slower, "
            + $"on a logarithmic scale. It ends where the fastest runs compare, in races of threads the medians, as in the table in "
            + $"the terminal. The contenders took turns in {rounds} rounds: the line over the bar, and the small numbers, reach from the "
            + "lowest to the highest of the rounds' median runs compared.";
        yield return new("The host's kernel", $"The kernel's time over the engine's. {text}", Parts(results, "kernel", _kernels));
        yield return new("Other ways", "The rival's time over the engine's. The reference is a bare loop or access that checks nothing; C# "
            + "and C++ are what one would write or take instead; Unicorn is an emulator's memory API.", Parts(results, "other", _others));
    }

    private static List<(Figure Figure, ReportTable Table)> Parts(IReadOnlyList<RaceResult> results, string key, Role[] rivals)
    {
        List<(Figure, ReportTable)> parts = [];
        for (int family = 0; family < Catalog.Families.Count; family++)
        {
            HashSet<string> names = [.. Catalog.Families[family].Races.Select(static race => race.Operation)];
            RaceResult[] raced = [.. results.Where(result => names.Contains(result.Operation)
                && rivals.Any(rival => result.Of(rival) is not null))];
            if (raced.Length == 0) continue;
            string name = string.Create(CultureInfo.InvariantCulture, $"{key}-{family + 1}");
            parts.Add((SpreadFigure.Draw(name, Catalog.Families[family].Title, [.. raced.Select(result => RowOf(result, rivals))]),
                TableOf(name, raced, rivals)));
        }

        return parts;
    }

    private static SpreadRow RowOf(RaceResult result, Role[] rivals) => new($"{result.Operation} {result.Size}",
        [.. rivals.Select(result.Of).OfType<Lap>().Select(lap => BarOf(result, lap))
            .Where(static bar => bar.Low > 0 && double.IsFinite(bar.High))],    // a clock may be too coarse for a round
        RaceResult.UsesMedian(result.Operation) ? "medians" : "minima");

    private static SpreadBar BarOf(RaceResult result, Lap rival)
    {
        double ratio = result.TimeOf(rival) / result.TimeOf(result.Engine);
        double[] rounds = [.. rival.RoundNanoseconds.Zip(result.Engine.RoundNanoseconds, static (rival, engine) => rival / engine), ratio];
        return new(RoleText.Named(rival.Role), rounds.Min(), ratio, rounds.Max());
    }

    private static ReportTable TableOf(string name, IEnumerable<RaceResult> results, Role[] rivals) => new(name,
        ["operation", "size", "one operation is a", "variant", "what it does", "fastest run, ns", "lowest round, ns", "median round, ns",
            "highest round, ns", "time over the engine's", "lowest round", "highest round"],
        [.. from result in results
            from lap in result.Laps
            where lap.Role == Role.Engine || rivals.Contains(lap.Role)
            select RowOf(result, lap)]);

    private static IReadOnlyList<string> RowOf(RaceResult result, Lap lap)
    {
        SpreadBar bar = BarOf(result, lap);
        return
        [
            result.Operation, result.Size, result.Unit, RoleText.Of(lap.Role), lap.Description, Text(lap.MinNanoseconds),
            Text(lap.RoundNanoseconds.Min()), Text(lap.MedianNanoseconds), Text(lap.RoundNanoseconds.Max()),
            Text(bar.Middle), Text(bar.Low), Text(bar.High),
        ];
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
