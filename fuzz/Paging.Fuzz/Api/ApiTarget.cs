using System.Diagnostics;
using System.Globalization;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz;

/// <summary>Calls every public member with plausible and wild arguments, in child processes: a crash or a hang is a finding.</summary>
internal sealed class ApiTarget : IFuzzTarget
{
    private const double SecondsOfAChild = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);    // for one call, or for the start of a child on a busy host

    public string Name => "api";

    public string Description => "every public member with plausible and wild arguments, callbacks that misbehave, objects of two " +
        "engines, other threads; in processes that may crash";

    public int Run(FuzzOptions options, TextWriter output)
    {
        Stopwatch watch = Stopwatch.StartNew();
        string directory = Directory.CreateTempSubdirectory("paging-api-fuzz-").FullName;
        long calls = 0;
        ulong seed = options.Seed;
        List<string> failures = [];
        try
        {
            for (int round = 0; Left(options, watch, calls, out double seconds, out long most); round++)
            {
                if (failures.Count >= options.FailureCountMax) break;
                string checks = round % 2 == 0 ? "Off" : options.Verification.ToString();    // the engine as it is shipped, and with checks
                Ended ended = Start(directory, checks, watchdog: true,
                    $"run {seed} {Math.Ceiling(Math.Min(seconds, SecondsOfAChild))} {most}");
                calls += ended.Total;
                seed = ended.Seed + 1;
                if (ended.What is not null) failures.Add(Shrink(options, directory, checks, ended));
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        output.WriteLine($"{Name}: {Description}");
        output.WriteLine($"seeds {options.Seed} to {seed - 1}, {ApiSurface.Members.Length:N0} members");
        output.WriteLine($"{calls:N0} operations in {watch.Elapsed.TotalSeconds:F1} s, {calls / watch.Elapsed.TotalSeconds:N0} a second");
        foreach (string failure in failures) output.WriteLine($"\n{failure}");
        output.WriteLine(failures.Count == 0 ? "nothing found" : $"{failures.Count} found");
        return failures.Count == 0 ? ExitCode.Clean : ExitCode.Found;
    }

    private static bool Left(FuzzOptions options, Stopwatch watch, long calls, out double seconds, out long most)
    {
        TimeSpan budget = options.Duration > TimeSpan.Zero ? options.Duration : options.ProcessorTime;
        seconds = budget > TimeSpan.Zero ? (budget - watch.Elapsed).TotalSeconds : SecondsOfAChild;
        most = options.OperationCountMax > 0 ? options.OperationCountMax - calls : long.MaxValue;
        return seconds > 0 && most > 0;
    }

    /// <summary>Shrinks the sequence, and prints it call by call.</summary>
    private static string Shrink(FuzzOptions options, string directory, string checks, Ended ended)
    {
        List<ApiCall> small = [.. ApiRun.Script(ended.Seed, ApiChild.SequenceLength).Take((int)ended.CallCount)];
        int before = small.Count;
        string path = Path.Combine(directory, "script");
        Ended Try(List<ApiCall> script)
        {
            ApiScript.Write(path, ended.Seed, script);
            return Start(directory, checks, watchdog: true, $"replay {path}");
        }

        Ended last = Try(small);
        bool isRepeated = last.What is not null;
        if (isRepeated)
        {
            ChunkDropper dropper = new(options.ShrinkBudget);
            dropper.Drop(small, static (list, first, count) => [.. list.Take(first), .. list.Skip(first + count)], candidate =>
            {
                Ended again = Try(candidate);
                if (again.What is null) return false;
                (small, last) = (candidate, again);
                return true;
            }, () => small);
        }

        Directory.CreateDirectory(options.OutDirectory);
        string kept = Path.Combine(options.OutDirectory, $"api-{ended.Seed}.txt");
        ApiScript.Write(kept, ended.Seed, small);
        string how = isRepeated ? $"shrunk from {before} calls to {small.Count}" : "does not fail alone";
        return $"seed {ended.Seed}: {ended.What}\n  checks {checks}; {how}\n{last.Output.TrimEnd()}\n  script:   {kept}\n" +
            $"  again:    {options.CommandFor(ended.Seed, ended.CallCount)}";
    }

    private static Ended Start(string directory, string checks, bool watchdog, string arguments)
    {
        string memory = Path.Combine(directory, "progress");
        File.WriteAllBytes(memory, new byte[4096]);
        using ApiProgress progress = new(memory);
        string program = Path.Combine(AppContext.BaseDirectory, "Paging.Fuzz.dll");
        ProcessStartInfo start = new("dotnet", $"{program} {ApiChild.Verb} {checks} {memory} {arguments}")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredCompilation"] = "1";
        start.Environment["DOTNET_GCHeapHardLimit"] = (1L << 30).ToString("x", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync(), errors = child.StandardError.ReadToEndAsync();
        bool hangs = watchdog && !WaitWhileItMoves(child, progress);
        if (hangs) child.Kill();
        child.WaitForExit();
        string? what = hangs ? "hang: a call does not return" : child.ExitCode switch
        {
            ExitCode.Clean => null,
            ExitCode.Found => output.Result.TrimEnd().Split('\n')[^1],
            _ => $"crash: the process ended with {child.ExitCode}: {FirstLines(errors.Result)}",
        };
        return new(what, progress.Seed, progress.CallCount, progress.Total, output.Result);
    }

    private static bool WaitWhileItMoves(Process child, ApiProgress progress)
    {
        long seen = -1;
        Stopwatch since = Stopwatch.StartNew();
        while (!child.WaitForExit(200))
        {
            if (progress.Total != seen) since.Restart();
            seen = progress.Total;
            if (since.Elapsed > Patience) return false;
        }

        return true;
    }

    private static string FirstLines(string text) =>
        string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(12));

    /// <summary>How a child ended, and where it was.</summary>
    private sealed record Ended(string? What, ulong Seed, long CallCount, long Total, string Output);
}
