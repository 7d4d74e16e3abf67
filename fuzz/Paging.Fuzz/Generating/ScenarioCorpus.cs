using System.Reflection;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>A recording of the kernel as the fuzzer uses it: without its results.</summary>
internal sealed record RecordedScenario(ScenarioHeader Header, IReadOnlyList<ScenarioCall> Calls);

/// <summary>
/// The recordings that mutants are made from. They are part of this assembly: the same seed gives the same mutant wherever it runs.
/// </summary>
internal static class ScenarioCorpus
{
    private static readonly Lazy<RecordedScenario[]> All = new(ReadAll);

    /// <summary>One of them.</summary>
    public static RecordedScenario OneOf(FuzzRandom random) => random.OneOf<RecordedScenario>(All.Value);

    private static RecordedScenario[] ReadAll()
    {
        Assembly assembly = typeof(ScenarioCorpus).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(static name => name.EndsWith(".scn", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(Read)];

        RecordedScenario Read(string name)
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            ScenarioDocument document = ScenarioParser.Parse(stream, name);
            return new(document.Header, [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call)
                .Select(static line => line.Call)]);
        }
    }
}
