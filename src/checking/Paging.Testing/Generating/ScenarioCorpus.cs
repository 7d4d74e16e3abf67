using System.Reflection;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Randomness;

namespace Paging.Testing.Generating;

/// <summary>A recording of the kernel as the fuzzer uses it: without its results.</summary>
internal sealed record RecordedScenario(ScenarioHeader Header, IReadOnlyList<ScenarioCall> Calls);

/// <summary>
/// The recordings that mutants are made from. They are part of this assembly: the same seed gives the same mutant wherever it runs.
/// </summary>
internal static class ScenarioCorpus
{
    private static readonly Lazy<RecordedScenario[]> All = new(ReadAll);

    /// <summary>All of them as they were recorded, in order of their names.</summary>
    public static IEnumerable<ScenarioDocument> Documents
    {
        get
        {
            Assembly assembly = typeof(ScenarioCorpus).Assembly;
            foreach (string name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
            {
                using Stream stream = assembly.GetManifestResourceStream(name)!;
                string file = name.Split('.') is [.., { } last, "scn"] ? last + ".scn" : name;
                if (name.EndsWith(".scn", StringComparison.Ordinal)) yield return ScenarioParser.Parse(stream, file);
            }
        }
    }

    /// <summary>One of them.</summary>
    public static RecordedScenario OneOf(FuzzRandom random) => random.OneOf<RecordedScenario>(All.Value);

    private static RecordedScenario[] ReadAll() =>
    [
        .. Documents.Select(static document => new RecordedScenario(document.Header,
            [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => line.Call)])),
    ];
}
