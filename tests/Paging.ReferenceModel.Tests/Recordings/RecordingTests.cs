using Paging.Scripting;

namespace Paging.ReferenceModel.Tests;

/// <summary>The model against the kernel: every recorded scenario, and every script that once told model and kernel apart.</summary>
public sealed class RecordingTests
{
    private const int RecordingCountMin = 180;

    public static TheoryData<string> Scenarios => NamesIn("scenarios");

    public static TheoryData<string> Exact => NamesIn("exact");

    public static TheoryData<string> Regressions => NamesIn("regressions");

    [Theory, MemberData(nameof(Scenarios))]
    public void EveryRecordedScenarioAgreesWithTheModel(string name) => Kernel.Agrees(Parse("scenarios", name));

    [Theory, MemberData(nameof(Exact))]
    public void EveryRecordingOfSectionNineAgreesWithTheModel(string name) => Kernel.Agrees(Parse("exact", name));

    [Theory, MemberData(nameof(Regressions))]
    public void NoRegressionTellsModelAndKernelApartAgain(string name) => Kernel.Agrees(Parse("regressions", name));

    [Fact]
    public void TheRecordingsAreThere() => Assert.True(Scenarios.Count >= RecordingCountMin, $"only {Scenarios.Count} recordings");

    private static TheoryData<string> NamesIn(string folder) =>
        [.. Directory.GetFiles(PathOf(folder), "*.scn").Order(StringComparer.Ordinal).Select(static path => Path.GetFileName(path))];

    private static ScenarioDocument Parse(string folder, string name) => ScenarioParser.ParseFile(Path.Combine(PathOf(folder), name));

    private static string PathOf(string folder) => Path.Combine(AppContext.BaseDirectory, folder);
}
