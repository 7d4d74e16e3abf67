using System.Globalization;
using System.Text.RegularExpressions;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Tests;

public sealed partial class RoundTripTests
{
    public static TheoryData<string> Names => Recordings.Names;

    [Theory, MemberData(nameof(Names))]
    public void ARecordingPrintsAsTheBytesItWasReadFrom(string name)
    {
        using StringWriter text = new();
        Recordings.Parse(name).Write(text);
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

    /// <summary>
    /// The recordings spell some numbers in hexadecimal and some in decimal, and name flags in any order. Everything else is canonical.
    /// </summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void TheCanonicalFormIsThatOfTheRecordings()
    {
        IEnumerable<(string, string)> others = Recordings.AllCalls()
            .Select(static line => (Canonical: Plain(ScenarioPrinter.Print(line.Call)), Recorded: Plain(line.Text)))
            .Where(static pair => !string.Equals(pair.Canonical, pair.Recorded, StringComparison.Ordinal));
        Assert.True(!others.Any(), string.Join('\n', others.Take(5).Select(static pair => $"{pair.Item1}  !=  {pair.Item2}")));
    }

    [Theory, MemberData(nameof(Names))]
    public void AHeaderPrintsAsItWasRecorded(string name)
    {
        ScenarioDocument document = Recordings.Parse(name);
        Assert.Equal(document.Lines.Single(static line => line.Kind == ScenarioLineKind.Header).Text,
            ScenarioPrinter.Print(document.Header));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AnyCallSurvivesPrintingAndParsing(int seed)
    {
        CallGenerator generator = new(seed);
        for (int round = 0; round < 20_000; round++)
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
        ScenarioDocument.Of("made", ScenarioHeader.Default, calls, comment: "seed 3\ntwo lines").Write(text);
        ScenarioDocument again = ScenarioParser.ParseText(text.ToString());
        Assert.Equal(ScenarioHeader.Default, again.Header);
        Assert.Equal(calls, again.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => line.Call));
        Assert.Equal(500, again.CallCount);
    }

    private static string Plain(string text) => Flags().Replace(Hexadecimal().Replace(text, Decimal), InOrder);

    private static string Decimal(Match number) =>
        ulong.Parse(number.Groups["digits"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            .ToString(CultureInfo.InvariantCulture);

    /// <summary>MAP_SHARED and MAP_PRIVATE together are the bits of MAP_SHARED_VALIDATE, which is the canonical name.</summary>
    private static string InOrder(Match flags)
    {
        SortedSet<string> names = new(flags.Value.Split('|'), StringComparer.Ordinal);
        if (names.Any(static name => char.IsAsciiDigit(name[0]))) return names.Sum(ValueOf).ToString(CultureInfo.InvariantCulture);
        if (names.Contains("MAP_SHARED") && names.Remove("MAP_PRIVATE") && names.Remove("MAP_SHARED")) names.Add("MAP_SHARED_VALIDATE");
        return string.Join('|', names);
    }

    /// <summary>Rights with an unknown bit are one number in canonical form.</summary>
    private static long ValueOf(string name) => name switch
    {
        "PROT_READ" => 1,
        "PROT_WRITE" => 2,
        "PROT_EXEC" => 4,
        _ => long.Parse(name, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"\w+(\|\w+)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Flags();

    [GeneratedRegex(@"\b0x(?<digits>[0-9a-f]+)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Hexadecimal();
}
