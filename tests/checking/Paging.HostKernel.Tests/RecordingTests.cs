using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.HostKernel.Tests;

/// <summary>The machine against the recordings: the same kernel must return the same results again, in every call.</summary>
public sealed class RecordingTests
{
    private static readonly string Recordings = Path.Combine(AppContext.BaseDirectory, "scenarios");

    private static readonly string ExactRecordings = Path.Combine(AppContext.BaseDirectory, "exact");

    public static TheoryData<string> ExactNames => NamesIn(ExactRecordings);

    public static TheoryData<string> Names => NamesIn(Recordings);

    private static TheoryData<string> NamesIn(string directory) =>
        [.. Directory.GetFiles(directory, "*.scn").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Names))]
    public void EveryRecordingAgrees(string name)
    {
        Host.RequireRecordedRelease();
        Host.Agrees(ScenarioParser.ParseFile(Path.Combine(Recordings, name)));
    }

    [Theory, MemberData(nameof(ExactNames))]
    public void EveryRecordingOfSectionNineAgrees(string name)
    {
        Host.RequireRecordedRelease();
        Host.Agrees(ScenarioParser.ParseFile(Path.Combine(ExactRecordings, name)));
    }

    [Fact]
    public void TheRecordingsAreThere() => Assert.True(Names.Count >= 180, $"only {Names.Count} in {Recordings}");

    [Fact]
    public void AWrongRecordingIsSeen()
    {
        Host.Require();
        using HostKernelMachine machine = new();
        ScenarioDocument document = ScenarioParser.ParseText($"{Host.Header}\nbrk(0) = 0x0804b000\n", "wrong.scn");
        ScenarioDifference difference = Assert.Single(ScenarioRunner.Run(document, machine).Differences);
        Assert.Equal("0x0804a000", difference.Actual);
    }

    [Fact]
    public void ARecordingOfARecordingIsTheSame()
    {
        Host.RequireRecordedRelease();
        string path = Path.Combine(Recordings, "hand-cow-fork.scn");
        using HostKernelMachine machine = new();
        using StringWriter writer = new() { NewLine = "\n" };
        _ = ScenarioRunner.Record(ScenarioParser.ParseFile(path), machine, writer);
        Assert.Equal(File.ReadAllText(path), writer.ToString());
    }
}
