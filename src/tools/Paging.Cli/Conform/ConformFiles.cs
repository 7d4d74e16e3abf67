using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using Paging.Scripting.Calls;
using Paging.Testing.Conformance;

namespace Paging.Cli.Conform;

/// <summary>The results of <c>paging conform</c> for programs: <c>--json</c> and <c>--junit</c>. The names of members stay.</summary>
/// <param name="adapter">The adapter.</param>
/// <param name="tally">The counts.</param>
/// <param name="options">The options of the run.</param>
/// <param name="plannedCount">The scenarios that were to be run; more than were run after an interruption.</param>
internal sealed class ConformFiles(AdapterDescription adapter, ConformanceTally tally, ConformOptions options, int plannedCount)
{
    private readonly List<(ConformanceBreak Small, ConformanceBreak Found)> _breaks = [];

    /// <summary>Adds a broken rule with its smallest script.</summary>
    public void Add(ConformanceBreak small, ConformanceBreak found) => _breaks.Add((small, found));

    /// <summary>Writes the files that the options name. Returns false with the reason if one cannot be written.</summary>
    public bool TryWrite(out string? refusal)
    {
        refusal = null;
        if (options.JsonFile is { } json && !UserFiles.TryWrite(json, Json(), out refusal)) return false;
        return options.JunitFile is not { } junit || UserFiles.TryWrite(junit, Junit(), out refusal);
    }

    private string Json()
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("adapter", adapter.Name);
            writer.WriteStartArray("supports");
            foreach (CallName call in adapter.Calls.Order()) writer.WriteStringValue(ScriptCalls.Of(call).Spelling);
            writer.WriteEndArray();
            writer.WriteString("against", options.OracleName);
            writer.WriteString("level", options.Level == Testing.Conformance.ConformanceLevel.Exact ? "exact" : "relaxed");
            writer.WriteBoolean("anySpace", options.TakesAnySpace);
            writer.WriteBoolean("complete", tally.ScenarioCount == plannedCount);
            writer.WriteNumber("planned", plannedCount);
            writer.WriteNumber("run", tally.ScenarioCount);
            writer.WriteNumber("agree", tally.AgreementCount);
            writer.WriteNumber("hung", tally.HungCount);
            Levels(writer);
            Counts(writer, "rules", "rule", tally.ByRule);
            Counts(writer, "families", "family", tally.ByFamily);
            writer.WriteStartArray("broken");
            foreach ((ConformanceBreak small, ConformanceBreak found) in _breaks) Broken(writer, small, found);
            writer.WriteEndArray();
            writer.WriteStartArray("scenarios");
            foreach (ConformanceOutcome outcome in tally.Outcomes) Scenario(writer, outcome);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan) + "\n";
    }

    private void Levels(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("levels");
        foreach (IGrouping<CourseLevel, ConformanceOutcome> level in ConformReport.ByLevel(tally))
        {
            writer.WriteStartObject();
            writer.WriteNumber("level", (int)level.Key);
            writer.WriteString("name", CourseLevels.NameOf(level.Key));
            writer.WriteNumber("passed", level.Count(static one => one.Passes));
            writer.WriteNumber("of", level.Count());
            writer.WriteNumber("callsAgree", level.Sum(static one => one.AgreedCount));
            writer.WriteNumber("calls", level.Sum(static one => one.CallCount));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Counts(
        Utf8JsonWriter writer, string name, string key, IReadOnlyDictionary<string, ConformanceCount> counts)
    {
        writer.WriteStartArray(name);
        foreach ((string of, ConformanceCount count) in counts)
        {
            writer.WriteStartObject();
            writer.WriteString(key, of);
            if (string.Equals(key, "rule", StringComparison.Ordinal))
                writer.WriteBoolean("dependsOnSpace", of.EndsWith(SpaceSize.Mark, StringComparison.Ordinal));
            writer.WriteNumber("agree", count.Agreed);
            writer.WriteNumber("differ", count.Differed);
            writer.WriteNumber("leftOut", count.Unsupported);
            writer.WriteNumber("notReached", count.NotReached);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Broken(Utf8JsonWriter writer, ConformanceBreak small, ConformanceBreak found)
    {
        writer.WriteStartObject();
        writer.WriteString("rule", small.Rule.Name);
        writer.WriteString("scenario", found.Script.Name);
        writer.WriteNumber("call", found.CallIndex + 1);
        writer.WriteString("script", ConformReport.Scenario(small));
        writer.WriteString("expected", small.Expected);
        writer.WriteString("actual", small.Actual);
        writer.WriteEndObject();
    }

    private static void Scenario(Utf8JsonWriter writer, ConformanceOutcome outcome)
    {
        writer.WriteStartObject();
        writer.WriteString("scenario", outcome.Name);
        writer.WriteString("family", outcome.Family);
        writer.WriteBoolean("agrees", outcome.Break is null);
        writer.WriteNumber("level", (int)outcome.Level);
        writer.WriteBoolean("passes", outcome.Passes);
        writer.WriteNumber("compared", outcome.ComparedCount);
        writer.WriteNumber("seconds", Math.Round(outcome.Time.TotalSeconds, 6));
        if (outcome.Break is { } found)
        {
            writer.WriteString("rule", found.Rule.Name);
            writer.WriteNumber("call", found.CallIndex + 1);
            writer.WriteString("expected", found.Expected);
            writer.WriteString("actual", found.Actual);
        }

        writer.WriteEndObject();
    }

    private string Junit()
    {
        using MemoryStream bytes = new();
        using (XmlWriter writer = XmlWriter.Create(bytes, new() { Indent = true, Encoding = new UTF8Encoding(false) }))
        {
            writer.WriteStartElement("testsuites");
            writer.WriteAttributeString("name", Printable($"paging conform {adapter.Name}"));
            foreach (var family in tally.Outcomes.GroupBy(static one => one.Family, StringComparer.Ordinal))
                Suite(writer, family.Key, [.. family]);
            writer.WriteEndElement();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) + "\n";
    }

    private static void Suite(XmlWriter writer, string family, ConformanceOutcome[] outcomes)
    {
        writer.WriteStartElement("testsuite");
        writer.WriteAttributeString("name", family);
        writer.WriteAttributeString("tests", Text(outcomes.Length));
        writer.WriteAttributeString("failures", Text(outcomes.Count(static one => one.Break is not null && !IsError(one))));
        writer.WriteAttributeString("errors", Text(outcomes.Count(IsError)));
        writer.WriteAttributeString("skipped", Text(outcomes.Count(static one => one.ComparedCount == 0)));
        writer.WriteAttributeString("time", Seconds(outcomes.Aggregate(TimeSpan.Zero, static (sum, one) => sum + one.Time)));
        foreach (ConformanceOutcome outcome in outcomes) Case(writer, outcome);
        writer.WriteEndElement();
    }

    private static void Case(XmlWriter writer, ConformanceOutcome outcome)
    {
        writer.WriteStartElement("testcase");
        writer.WriteAttributeString("classname", outcome.Family);
        writer.WriteAttributeString("name", outcome.Name);
        writer.WriteAttributeString("time", Seconds(outcome.Time));
        if (outcome.Break is { } found)
        {
            writer.WriteStartElement(IsError(outcome) ? "error" : "failure");
            writer.WriteAttributeString("type", found.Rule.Name);
            string message = $"call {found.CallIndex + 1}: expected {found.Expected}, got {found.Actual}";
            writer.WriteAttributeString("message", Printable(message.ReplaceLineEndings(" ")));
            writer.WriteString(Printable(ConformReport.Break(found, found)));
            writer.WriteEndElement();
        }
        else if (outcome.ComparedCount == 0)
        {
            writer.WriteStartElement("skipped");
            writer.WriteAttributeString("message", "no call of it was compared");
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
    }

    // The adapter hung, ended or broke the protocol: no call of the dialect is wrong.
    private static bool IsError(ConformanceOutcome outcome) =>
        outcome.Break is { } found && Enum.GetValues<AdapterFailure>().Any(failure => found.Rule == ConformanceRule.Of(failure));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    // An adapter may answer with control characters, which XML cannot hold.
    private static string Printable(string text) => string.Concat(text.Select(static one => XmlConvert.IsXmlChar(one) ? one : '\uFFFD'));
}
