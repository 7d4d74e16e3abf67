using System.Globalization;
using Paging.Costs.Devices;
using Paging.Costs.Fitting;

namespace Paging.Bench.Costs;

/// <summary>A host's prices and their errors in the form of docs/COSTS.md.</summary>
internal static class CostTables
{
    private const string Begin = "<!-- host costs: begin -->", End = "<!-- host costs: end -->";

    /// <summary>The tables; lines end in line feeds.</summary>
    public static string Of(HostPrices host)
    {
        using StringWriter text = new() { NewLine = "\n" };
        LoadCase[] loads = [.. host.Loads.Where(static one => !one.IsFitted)];
        KernelCase[] works = [.. host.Works.Where(static one => !one.IsFitted)];
        text.WriteLine(Wrapped($"{host.Host.Text}; {host.Date}. {host.Loads.Length * 2} cases of loads and {host.Works.Length} of the "
            + $"kernel's work; every other one was fitted, and the tables have the others. Half of the errors are at most: "
            + $"{Part(FitHalves.MedianSize(loads.Select(LargeError)))} for loads in large pages, "
            + $"{Part(FitHalves.MedianSize(loads.Select(SmallError)))} in small ones, "
            + $"{Part(FitHalves.MedianSize(works.Select(WorkError)))} for the kernel's work."));
        text.WriteLine($"\n| Price | fitted |\n|---|--:|");
        foreach ((string place, double price) in host.Prices) text.WriteLine($"| `{place}` | {Time(price)} |");
        text.WriteLine($"| second-level TLB | {host.SecondLevel} entries |");
        text.WriteLine("\n| Loads, ns each | large pages: host | ledger | error "
            + "| small pages: host | ledger | error | added: host | ledger |");
        text.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (LoadCase one in loads)
            text.WriteLine($"| {NameOf(one.Pattern)}, {Size(one.ByteLength)} | {Number(one.Large)} | {Number(one.LedgerLarge)} "
                + $"| {Error(LargeError(one))} | {Number(one.Small)} | {Number(one.LedgerSmall)} | {Error(SmallError(one))} "
                + $"| {Number(one.Small - one.Large)} | {Number(one.LedgerSmall - one.LedgerLarge)} |");
        text.WriteLine("\n| Work of the kernel | host | ledger | error |\n|---|--:|--:|--:|");
        foreach (KernelCase one in works)
            text.WriteLine($"| {KernelWorks.NameOf(one.Work)}, {Size(one.ByteLength)} | {Time(one.Host)} | {Time(one.Ledger)} "
                + $"| {Error(WorkError(one))} |");
        return text.ToString();
    }

    /// <summary>Replaces the tables of a document between the lines that mark them.</summary>
    /// <exception cref="FormatException">It has no such lines.</exception>
    public static void Replace(string path, string tables)
    {
        string text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin) throw new FormatException($"{path} has no lines '{Begin}' and '{End}'.");
        File.WriteAllText(path, $"{text[..(begin + Begin.Length)]}\n{tables}{text[end..]}");
    }

    private static double LargeError(LoadCase one) => FitHalves.ErrorOf(one.LedgerLarge, one.Large);

    private static double SmallError(LoadCase one) => FitHalves.ErrorOf(one.LedgerSmall, one.Small);

    private static double WorkError(KernelCase one) => FitHalves.ErrorOf(one.Ledger, one.Host);

    private static string NameOf(LoadPattern pattern) => pattern switch
    {
        LoadPattern.Lines => "lines in order",
        LoadPattern.Pages => "a line of each page",
        LoadPattern.Random => "random lines",
        _ => "chased lines",
    };

    private static string Size(uint byteLength) => byteLength switch
    {
        >= 1 << 30 => $"{byteLength >> 30} GiB",
        >= 1 << 20 => $"{byteLength >> 20} MiB",
        _ => $"{byteLength >> 10} KiB",
    };

    private static string Number(double nanoseconds) =>
        nanoseconds.ToString(Math.Abs(nanoseconds) < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);

    private static string Time(double nanoseconds) => VirtualTime.FromNanoseconds(nanoseconds).ToString();

    private static string Error(double error) => (error * 100).ToString("+0;−0;0", CultureInfo.InvariantCulture) + " %";

    private static string Part(double part) => (part * 100).ToString("0", CultureInfo.InvariantCulture) + " %";

    /// <summary>Breaks a line as the documents do, at 140 characters.</summary>
    private static string Wrapped(string text)
    {
        const int most = 140;
        string lines = "", line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length + 1 + word.Length > most)
            {
                lines += line + '\n';
                line = word;
            }
            else line = line.Length == 0 ? word : $"{line} {word}";
        }

        return lines + line;
    }
}
