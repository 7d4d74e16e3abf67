using System.Globalization;
using Paging.Core;
using Paging.Scripting.Parsing;

namespace Paging.ReferenceModel.Tests;

/// <summary>The model against the kernel: every recorded scenario, and every script on which the two once differed.</summary>
public sealed class RecordingTests
{
    private const int RecordingCountMin = 180;

    public static TheoryData<string> Scenarios => NamesIn("scenarios");

    public static TheoryData<string> Exact => NamesIn("exact");

    public static TheoryData<string> Huge => NamesIn("huge");

    public static TheoryData<string> Regressions => NamesIn("regressions");

    [Theory, MemberData(nameof(Scenarios))]
    public void EveryRecordedScenarioAgreesWithTheModel(string name) => Kernel.Agrees(Parse("scenarios", name));

    [Theory, MemberData(nameof(Exact))]
    public void EveryRecordingOfSectionNineAgreesWithTheModel(string name) => Kernel.Agrees(Parse("exact", name));

    [Theory, MemberData(nameof(Huge))]
    public void EveryRecordingOfHugePagesAgreesWithTheModel(string name) => Kernel.Agrees(Parse("huge", name));

    [Theory, MemberData(nameof(Regressions))]
    public void ModelAndKernelAgreeOnEveryRegression(string name)
    {
        ScenarioDocument document = Parse("regressions", name);
        Kernel.Agrees(document, OptionsOf(document));
    }

    [Fact]
    public void TheRecordingsAreThere() => Assert.True(Scenarios.Count >= RecordingCountMin, $"only {Scenarios.Count} recordings");

    /// <summary>The options in the comments of a script, as the fuzzer writes them (RegressionFile).</summary>
    private static ReferenceOptions OptionsOf(ScenarioDocument document)
    {
        const int RamPages = 4096;    // of the fuzzer's engine
        ReferenceOptions usual = new() { RamPages = RamPages };
        return usual with
        {
            AreaCountMax = NumberAfter("max_map_count ") ?? usual.AreaCountMax,
            FaultAroundPages = NumberAfter("fault_around_pages ") ?? usual.FaultAroundPages,
            Overcommit = (OvercommitMode)(NumberAfter("overcommit_memory ") ?? (int)usual.Overcommit),
            CommitLimitPages = RamPages * (NumberAfter("overcommit_ratio ") ?? 0) / 100,
        };

        int? NumberAfter(string note) => document.Lines.Select(static line => line.Text)
            .FirstOrDefault(text => text.StartsWith("# " + note, StringComparison.Ordinal)) is { } line
            ? int.Parse(line.AsSpan(note.Length + 2), CultureInfo.InvariantCulture) : null;
    }

    private static TheoryData<string> NamesIn(string folder) =>
        [.. Directory.GetFiles(PathOf(folder), "*.scn").Order(StringComparer.Ordinal).Select(static path => Path.GetFileName(path))];

    private static ScenarioDocument Parse(string folder, string name) => ScenarioParser.ParseFile(Path.Combine(PathOf(folder), name));

    private static string PathOf(string folder) => Path.Combine(AppContext.BaseDirectory, folder);
}
