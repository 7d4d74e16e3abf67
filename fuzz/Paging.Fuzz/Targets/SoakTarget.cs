using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Paging.Fuzz;

/// <summary>Every target that takes seeds, side by side, in rounds, until the time is over. Each slice has a seed of the clock.</summary>
/// <remarks>
/// Each slice is a process of its own: a target that crashes or hangs is a finding of that target, and the others go on.
/// </remarks>
internal sealed partial class SoakTarget : IFuzzTarget
{
    private const int SecondsOfShrinking = 60, SecondsOfPatience = 240;
    private static readonly TimeSpan SliceMin = TimeSpan.FromSeconds(10), SliceMax = TimeSpan.FromSeconds(90);

    public string Name => "soak";

    public string Description => "every target with seeds, side by side, with seeds of the clock; then a table";

    public int Run(FuzzOptions options, TextWriter output)
    {
        Row[] rows =
        [
            .. TargetTable.All.Where(static target => target is SeedTarget or ApiTarget or BesideTarget)
                .Select(static target => new Row(target.Name)),
        ];
        int workerCount = options.JobCount > 1 ? options.JobCount : Environment.ProcessorCount;
        TimeSpan slice = options.Duration * workerCount / rows.Length / 2;    // every target has two rounds, if the time allows
        slice = slice < SliceMin ? SliceMin : slice > SliceMax ? SliceMax : slice;
        Directory.CreateDirectory(options.OutDirectory);
        Stopwatch watch = Stopwatch.StartNew();
        Lock gate = new();
        int next = 0;

        void Work()
        {
            while (watch.Elapsed < options.Duration)
            {
                Row row;
                lock (gate) row = rows[next++ % rows.Length];
                ulong seed = (ulong)DateTime.UtcNow.Ticks / 64 * 64;    // the first of a block: its engines are new
                Slice result = Execute(row.Name, seed, slice, options.OutDirectory);
                lock (gate)
                {
                    row.Add(result);
                    if (result.Finding.Length > 0) output.WriteLine($"{row.Name}, seed {seed}:\n{result.Finding}\n");
                }
            }
        }

        Thread[] threads = [.. Enumerable.Range(0, workerCount).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Print(rows, watch.Elapsed, output);
        return rows.Any(static row => row.Findings > 0) ? ExitCode.Found : ExitCode.Clean;
    }

    private static void Print(Row[] rows, TimeSpan elapsed, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{"target",-16} {"rounds",6} {"operations",14} {"findings",8}  scripts"));
        foreach (Row row in rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Name,-16} {row.Rounds,6} {row.Operations,14:N0} {row.Findings,8}  {string.Join(", ", row.Scripts)}"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rows.Sum(static row => row.Operations):N0} operations in {elapsed.TotalMinutes:F1} min, " +
            $"{rows.Sum(static row => row.Findings)} found"));
    }

    /// <summary>One slice of a target, in a process of its own.</summary>
    private static Slice Execute(string target, ulong seed, TimeSpan duration, string directory)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        bool isHosted = string.Equals(Path.GetFileNameWithoutExtension(Environment.ProcessPath), "dotnet", StringComparison.Ordinal);
        if (isHosted) start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        string seconds = duration.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture);
        string[] arguments =
        [
            "--target", target, "--seed", seed.ToString(CultureInfo.InvariantCulture), "--seconds", seconds, "--quiet", "--out", directory,
            "--shrink", SecondsOfShrinking.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> written = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        bool hasEnded = process.WaitForExit(duration + TimeSpan.FromSeconds(SecondsOfShrinking + SecondsOfPatience));
        if (!hasEnded) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        string text = written.Result;
        Match operations = OperationCount().Match(text);
        long count = operations.Success ? long.Parse(operations.Groups["count"].Value.Replace(",", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture) : 0;
        string finding = !hasEnded ? $"it did not end\n{text}{errors.Result}"
            : process.ExitCode == ExitCode.Clean ? "" : $"exit code {process.ExitCode}\n{text}{errors.Result}";
        return new(count, finding.TrimEnd(), [.. ScriptPath().Matches(text).Select(static match => match.Groups["path"].Value)]);
    }

    [GeneratedRegex(@"^(?<count>[0-9,]+) operations in", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex OperationCount();

    [GeneratedRegex(@"^  script: +(?<path>\S+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex ScriptPath();

    /// <summary>The result of a slice.</summary>
    /// <param name="Operations">How many it made.</param>
    /// <param name="Finding">Its output, if it found something; else empty.</param>
    /// <param name="Scripts">The scripts that it wrote.</param>
    private readonly record struct Slice(long Operations, string Finding, string[] Scripts);

    /// <summary>A line of the table.</summary>
    private sealed class Row(string name)
    {
        public string Name => name;

        public int Rounds { get; private set; }

        public long Operations { get; private set; }

        public int Findings { get; private set; }

        public List<string> Scripts { get; } = [];

        public void Add(in Slice slice)
        {
            Rounds++;
            Operations += slice.Operations;
            if (slice.Finding.Length > 0) Findings++;
            Scripts.AddRange(slice.Scripts);
        }
    }
}
