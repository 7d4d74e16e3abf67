using System.Globalization;
using Paging.Bench.Harness;
using Paging.Bench.Operations;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Bench.Reports;

/// <summary>The results as a page of pictures: how many times as long as the engine each rival takes, and how far that spreads.</summary>
/// <remarks>
/// In each round all contenders take turns, so what disturbs one disturbs all: a round's ratio is made of its own medians. The bar is the
/// median of the rounds' ratios, its line reaches from the lowest to the highest.
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
            + $"on a logarithmic scale. It ends at the median of {rounds} rounds, in which the contenders took turns; the line over it "
            + "reaches from the lowest round to the highest, and so do the small numbers.";
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
        [.. rivals.Select(result.Of).OfType<Lap>().Select(lap => BarOf(result.Engine, lap))
            .Where(static bar => bar.Low > 0 && double.IsFinite(bar.High))]);    // a clock may not tell a round from none

    private static SpreadBar BarOf(Lap engine, Lap rival)
    {
        double[] ratios = [.. rival.RoundNanoseconds.Zip(engine.RoundNanoseconds, static (rival, engine) => rival / engine).Order()];
        return new(RoleText.Named(rival.Role), ratios[0], ratios[ratios.Length / 2], ratios[^1]);
    }

    private static ReportTable TableOf(string name, IEnumerable<RaceResult> results, Role[] rivals) => new(name,
        ["operation", "size", "one operation is a", "variant", "what it does", "fastest run, ns", "lowest round, ns", "median round, ns",
            "highest round, ns", "time over the engine's, lowest", "median", "highest"],
        [.. from result in results
            from lap in result.Laps
            where lap.Role == Role.Engine || rivals.Contains(lap.Role)
            select RowOf(result, lap)]);

    private static IReadOnlyList<string> RowOf(RaceResult result, Lap lap)
    {
        SpreadBar bar = BarOf(result.Engine, lap);
        return
        [
            result.Operation, result.Size, result.Unit, RoleText.Of(lap.Role), lap.Description, Text(lap.MinNanoseconds),
            Text(lap.RoundNanoseconds.Min()), Text(lap.MedianNanoseconds), Text(lap.RoundNanoseconds.Max()),
            Text(bar.Low), Text(bar.Middle), Text(bar.High),
        ];
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
