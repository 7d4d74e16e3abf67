using System.Text;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz;

/// <summary>
/// The parser of scenarios: it reads a document, or names the line that is wrong. A document that it reads can be printed and read again.
/// </summary>
internal sealed class ParserSubject(FuzzRandom random, ulong seed) : IHostileSubject
{
    public static readonly string[] Outcomes = ["read", "refused"];

    public static readonly string[] Tokens =
        ["(", ")", ",", "|", "\"", "{", "}", "=", "[", "]", "#", "\n", "\r\n", "\0", "-1", "0x", "18446744073709551616",
            "0xffffffffffffffff", "PROT_READ", "MAP_FIXED", "process(", "fork() = 1\n", "€", "\uFEFF"];

    private const int Read = 0, Refused = 1;

    public byte[] Sound { get; } = MakeScenario(random, seed);

    public string? Try(byte[] bytes, bool isSound, out int outcome)
    {
        outcome = Refused;
        ScenarioDocument document;
        try
        {
            document = Parse(bytes);
        }
        catch (ScenarioFormatException refusal) when (!isSound)
        {
            return refusal.Line >= 1 && refusal.Reason.Length > 0 && !refusal.Message.Contains('\n', StringComparison.Ordinal)
                ? null : $"refused without a line or a reason: {refusal.Message}";
        }

        outcome = Read;
        string once = Print(document);
        return string.Equals(once, Print(Parse(Encoding.UTF8.GetBytes(once))), StringComparison.Ordinal)
            ? null : "printed, read and printed again it is another one";
    }

    public void Dispose() { }

    /// <summary>A scenario with its results, as the fuzzer itself would write it.</summary>
    private static byte[] MakeScenario(FuzzRandom random, ulong seed)
    {
        LockstepOptions alone = new(MachineSet.EngineOnly);
        ScenarioRun run = new(SwarmTheme.Everything, alone, auditInterval: 0);
        run.Run(seed, 10 + random.Below(40), new(CallOutcomes.NewCoverage()));
        ReplayOutcome outcome = ScriptReplay.Run(alone, run.Header, run.Calls);
        using StringWriter writer = new();
        RegressionFile.ToDocument("parser", run.Header, outcome, "a sound scenario").Write(writer);
        return Encoding.UTF8.GetBytes(writer.ToString());
    }

    private static ScenarioDocument Parse(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        return ScenarioParser.Parse(stream, "fuzz");
    }

    private static string Print(ScenarioDocument document)
    {
        using StringWriter writer = new();
        document.Write(writer);
        return writer.ToString();
    }
}
