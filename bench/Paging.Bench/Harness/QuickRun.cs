using System.Diagnostics;

namespace Paging.Bench.Harness;

/// <summary>Runs races one after the other and reports those that are broken.</summary>
internal sealed class QuickRun(IReadOnlyList<RaceDefinition> definitions, InterleavedRunner runner, TextWriter progress)
{
    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Races that did not do what they should.</summary>
    public int BrokenCount { get; private set; }

    /// <summary>Runs all that fit into the host's memory.</summary>
    public IReadOnlyList<RaceResult> Run()
    {
        long started = Stopwatch.GetTimestamp();
        List<RaceResult> results = [];
        for (int i = 0; i < definitions.Count; i++)
        {
            progress.Write($"\r[{i + 1}/{definitions.Count}] {definitions[i],-40}");
            if (definitions[i].Missing is { } missing)
            {
                Console.Error.Write($"{definitions[i]} is left out: {missing}.\n");
                continue;
            }

            if (!definitions[i].Fits)
            {
                Console.Error.Write($"{definitions[i]} is left out: it takes {definitions[i].HostBytes >> 20} MiB.\n");
                continue;
            }

            try
            {
                results.Add(runner.Run(definitions[i]));
            }
            catch (BrokenBenchmarkException exception)
            {
                BrokenCount++;
                Console.Error.Write($"BROKEN  {definitions[i]}: {exception.Message}\n");
            }
            finally
            {
                ReleaseUnlessWanted(definitions[i].World, from: i + 1);
            }
        }

        progress.Write($"\r{"",-60}\r");
        Elapsed = Stopwatch.GetElapsedTime(started);
        return results;
    }

    private void ReleaseUnlessWanted(ISharedWorld? world, int from)
    {
        if (!definitions.Skip(from).Any(later => ReferenceEquals(later.World, world))) world?.Release();
    }
}
