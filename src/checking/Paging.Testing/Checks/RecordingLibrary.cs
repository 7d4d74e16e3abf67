using System.IO.Enumeration;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.Testing.Generating;

namespace Paging.Testing.Checks;

/// <summary>The recordings of Linux 6.18 that are part of this assembly, by name: <c>hand-fork-1</c>, <c>mix-s3</c>.</summary>
public static class RecordingLibrary
{
    private static readonly Lazy<Dictionary<string, ScenarioDocument>> All = new(static () => ScenarioCorpus.Documents
        .ToDictionary(static document => Path.GetFileNameWithoutExtension(document.FileName), StringComparer.Ordinal));

    /// <summary>The names that match a pattern with <c>*</c> and <c>?</c>, in order.</summary>
    public static IReadOnlyList<string> Names(string pattern = "*")
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return [.. All.Value.Keys.Where(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Returns one.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static ScenarioDocument Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.Value.GetValueOrDefault(name) ?? throw new ArgumentException($"There is no recording '{name}'.", nameof(name));
    }

    /// <summary>Runs a recording on a machine, which is disposed of, and compares each result with the kernel's.</summary>
    /// <param name="name">The recording.</param>
    /// <param name="machine">A new machine.</param>
    /// <exception cref="CheckFailedException">A result differs; the message has the first differences.</exception>
    public static void Check(string name, IScenarioMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        using IScenarioMachine owned = machine;
        ScenarioOutcome outcome = ScenarioRunner.Run(Get(name), owned);
        if (outcome.Differences.IsEmpty) return;
        throw new CheckFailedException(string.Join('\n', outcome.Differences.Take(5).Select(difference =>
            $"{name}.scn:{difference.Line}: {difference.Call}\n  expected: {difference.Expected}\n  actual:   {difference.Actual}")));
    }
}
