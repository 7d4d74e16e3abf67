using System.Globalization;
using System.Text.Json;
using Paging.Testing.Counting;

namespace Paging.Fuzz;

/// <summary>The result of the seeds of one job. It depends on the seeds alone, not on the worker that runs them.</summary>
/// <param name="Scenarios">Seeds that were run.</param>
/// <param name="Operations">Operations.</param>
/// <param name="Audits">Audits.</param>
/// <param name="Coverage">Places of <see cref="Paging.Testing.Counting.Coverage"/>, and how often.</param>
/// <param name="Findings">The findings: the seed, and the finding's id.</param>
internal sealed record BlockResult(
    long Scenarios, long Operations, long Audits, Dictionary<string, long> Coverage, Dictionary<string, string> Findings)
{
    /// <summary>Counts what a job did.</summary>
    public static BlockResult Of(RunCounters counters, Dictionary<string, string> findings) => new(
        counters.ScenarioCount, counters.OperationCount, counters.AuditCount,
        counters.Coverage.Cells.ToDictionary(static cell => cell.Place.ToString(CultureInfo.InvariantCulture), static cell => cell.Count,
            StringComparer.Ordinal), findings);

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no such text.</exception>
    public static BlockResult Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<BlockResult>(text) ?? throw new InvalidDataException("the result of a job is empty");
        }
        catch (JsonException damage)
        {
            throw new InvalidDataException($"the result of a job cannot be read: {damage.Message}", damage);
        }
    }

    /// <summary>The result as a text.</summary>
    public string ToText() => JsonSerializer.Serialize(this);

    /// <summary>Adds the result to the counters of all.</summary>
    public void AddTo(RunCounters all)
    {
        all.ScenarioCount += Scenarios;
        all.OperationCount += Operations;
        all.AuditCount += Audits;
        foreach ((string place, long count) in Coverage)
        {
            if (!all.Coverage.TryAdd(int.Parse(place, CultureInfo.InvariantCulture), count))
                throw new InvalidDataException($"the result of a job counts at place {place}, which this version does not have");
        }
    }
}
