namespace Paging.Scripting.Tests;

public sealed class RoundTripTests
{
    public static TheoryData<string> Names => Recordings.Names;

    [Theory, MemberData(nameof(Names))]
    public void ARecordingPrintsAsTheBytesItWasReadFrom(string name)
    {
        using StringWriter text = new();
        ScenarioPrinter.Write(text, Recordings.Parse(name));
        Assert.Equal(File.ReadAllText(Path.Combine(Recordings.Directory, name)), text.ToString());
    }

    [Theory, MemberData(nameof(Names))]
    public void ARecordedCallMeansTheSameInCanonicalForm(string name)
    {
        foreach (ScenarioLine line in Recordings.Parse(name).Lines.Where(static line => line.Kind == ScenarioLineKind.Call))
        {
            string canonical = ScenarioPrinter.Print(line.Call);
            ScenarioCall again = ScenarioParser.ParseCall(canonical);
            Assert.Equal(line.Call, again);
            Assert.Equal(canonical, ScenarioPrinter.Print(in again));
        }
    }

    /// <summary>The recordings spell zero and some small numbers now this way, now that; everything else is canonical.</summary>
    [Fact]
    public void TheCanonicalFormIsThatOfTheRecordings()
    {
        ScenarioLine[] calls = [.. Recordings.AllCalls()];
        int sameCount = calls.Count(static line => string.Equals(ScenarioPrinter.Print(line.Call), line.Text, StringComparison.Ordinal));
        Assert.InRange(sameCount, calls.Length * 92 / 100, calls.Length);
    }

    [Theory, MemberData(nameof(Names))]
    public void AHeaderPrintsAsItWasRecorded(string name)
    {
        ScenarioDocument document = Recordings.Parse(name);
        Assert.Equal(document.Lines.Single(static line => line.Kind == ScenarioLineKind.Header).Text, ScenarioPrinter.Print(document.Header));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AnyCallSurvivesPrintingAndParsing(int seed)
    {
        CallGenerator generator = new(seed);
        for (int turn = 0; turn < 20_000; turn++)
        {
            ScenarioCall call = generator.Next();
            Assert.Equal(call, ScenarioParser.ParseCall(call.ToString()));
        }
    }

    [Fact]
    public void AGeneratedScenarioIsOneThatCanBeRead()
    {
        CallGenerator generator = new(3);
        ScenarioCall[] calls = [.. Enumerable.Range(0, 500).Select(_ => generator.Next())];
        using StringWriter text = new();
        ScenarioPrinter.Write(text, ScenarioDocument.Of("made", ScenarioHeader.Default, calls, comment: "seed 3\ntwo lines"));
        ScenarioDocument again = ScenarioParser.ParseText(text.ToString());
        Assert.Equal(ScenarioHeader.Default, again.Header);
        Assert.Equal(calls, again.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => line.Call));
        Assert.Equal(500, again.CallCount);
    }
}
