using System.Text;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>Hostile bytes into the parser of scenarios: it reads them, or says in which line they are wrong; and what it has read it can print and read again.</summary>
internal sealed class ParserTarget : SeedTarget
{
    private const int DocumentCount = 200;
    private const int Read = 0, Refused = 1;

    private static readonly string[] Mutations = ["none", "flip", "drop", "double", "splice", "number", "noise", "token"];
    private static readonly string[] Tokens =
        ["(", ")", ",", "|", "\"", "{", "}", "=", "[", "]", "#", "\n", "\r\n", "\0", "-1", "0x", "18446744073709551616", "0xffffffffffffffff", "PROT_READ", "MAP_FIXED", "process(", "fork() = 1\n", "€", "\uFEFF"];

    public override string Name => "parser";

    public override string Description => "mutated scenarios into the parser: read or refused with a line, and printed the same again";

    protected override Coverage NewCoverage() => new(Mutations, ["read", "refused"]);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters)
    {
        FuzzRandom random = new(seed);
        byte[] sound = MakeScenario(random, seed);
        counters.ScenarioCount++;
        for (int i = 0; i < DocumentCount && i < operationCountMax; i++)
        {
            int mutation = random.Below(Mutations.Length);
            byte[] bytes = sound;
            for (int times = mutation == 0 ? 0 : random.Percent(60) ? 1 : random.Skewed(8); times > 0; times--) bytes = Mutate(bytes, mutation, random);
            string? failure = Try(bytes, mutation == 0, out bool wasRead);
            counters.Coverage.Add(mutation, wasRead ? Read : Refused);
            counters.OperationCount++;
            if (failure is not null) return Report(options, seed, i + 1, bytes, failure);
        }

        return null;
    }

    /// <summary>A scenario with its results, as the fuzzer itself would write it.</summary>
    private static byte[] MakeScenario(FuzzRandom random, ulong seed)
    {
        LockstepOptions alone = new(MachineSet.EngineOnly);
        ScenarioRun run = new(SwarmTheme.Everything, alone, auditInterval: 0);
        run.Run(seed, 10 + random.Below(40), new(CallOutcomes.NewCoverage()));
        ReplayOutcome outcome = ScriptReplay.Run(alone, run.Header, run.Calls);
        using StringWriter writer = new();
        ScenarioPrinter.Write(writer, RegressionFile.ToDocument("parser", run.Header, outcome, "a sound scenario"));
        return Encoding.UTF8.GetBytes(writer.ToString());
    }

    private static string? Try(byte[] bytes, bool isSound, out bool wasRead)
    {
        wasRead = false;
        try
        {
            ScenarioDocument document = Parse(bytes);
            wasRead = true;
            string once = Print(document);
            return string.Equals(once, Print(Parse(Encoding.UTF8.GetBytes(once))), StringComparison.Ordinal) ? null : "printed, read and printed again it is another one";
        }
        catch (ScenarioFormatException refusal) when (!wasRead && !isSound)
        {
            return refusal.Line >= 1 && refusal.Reason.Length > 0 ? null : $"refused without a line or a reason: {refusal.Message}";
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return Defect.Describe(exception);
        }
    }

    private static ScenarioDocument Parse(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        return ScenarioParser.Parse(stream, "fuzz");
    }

    private static string Print(ScenarioDocument document)
    {
        using StringWriter writer = new();
        ScenarioPrinter.Write(writer, document);
        return writer.ToString();
    }

    private static byte[] Mutate(byte[] bytes, int mutation, FuzzRandom random)
    {
        int at = random.Below(bytes.Length + 1);
        int count = Math.Min(random.Skewed(64), bytes.Length - at);
        ReadOnlySpan<byte> before = bytes.AsSpan(0, at), chunk = bytes.AsSpan(at, count), after = bytes.AsSpan(at + count);
        switch (Mutations[mutation])
        {
            case "flip":
                byte[] flipped = [.. bytes];
                if (at < flipped.Length) flipped[at] ^= (byte)(1 << random.Below(8));
                return flipped;
            case "drop":
                return [.. before, .. after];
            case "double":
                return bytes.Length > 1 << 16 ? bytes : [.. before, .. chunk, .. chunk, .. after];
            case "splice":
                int from = random.Below(bytes.Length + 1);
                return [.. before, .. bytes.AsSpan(from, Math.Min(count, bytes.Length - from)), .. after];
            case "number":
                return [.. before, .. Encoding.ASCII.GetBytes($"{(random.Percent(50) ? "0x" : "")}{random.Next():x}"), .. after];
            case "noise":
                byte[] noise = new byte[random.Skewed(32)];
                for (int i = 0; i < noise.Length; i++) noise[i] = (byte)random.Next();
                return [.. before, .. noise, .. after];
            default:
                return [.. before, .. Encoding.UTF8.GetBytes(random.OneOf<string>(Tokens)), .. bytes.AsSpan(at)];
        }
    }

    private FailureReport Report(FuzzOptions options, ulong seed, int count, byte[] bytes, string failure)
    {
        Directory.CreateDirectory(options.OutDirectory);
        string path = Path.Combine(options.OutDirectory, $"{Name}-{seed}.bytes");
        File.WriteAllBytes(path, bytes);
        return new(seed, count, failure, path);
    }
}
