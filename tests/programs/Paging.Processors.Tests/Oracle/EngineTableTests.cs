using System.Globalization;
using Paging.Native;
using Paging.Processors.Emulation;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.Testing.Generating;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Processors.Tests;

/// <summary>The tables that the engine builds mean to an x86 what they mean to us: after every call, in and around every area.</summary>
public sealed class EngineTableTests
{
    private static readonly string Recordings = Path.Combine(AppContext.BaseDirectory, "scenarios");

    /// <summary><c>PAGING_ORACLE_SCRIPTS</c> asks for more generated scripts.</summary>
    private static int ScriptCount =>
        int.TryParse(Environment.GetEnvironmentVariable("PAGING_ORACLE_SCRIPTS"), CultureInfo.InvariantCulture, out int count) ? count : 12;

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void AfterEveryCallOfTheRecordings(TableFormat format)
    {
        RequiredProcessor.Check();
        string[] files = Directory.GetFiles(Recordings, "*.scn");
        Assert.True(files.Length >= 180);
        Array.Sort(files, StringComparer.Ordinal);
        long questions = 0, faults = 0;
        for (int i = 0; i < files.Length; i++)
        {
            using ComparedMachine machine = new(seed: i, ramBytes: 64 << 20, format: format);
            ScenarioOutcome outcome = ScenarioRunner.Run(ScenarioParser.ParseFile(files[i]), machine);
            Assert.Empty(outcome.Differences);    // asking has changed nothing
            Assert.True(machine.Difference is null, $"{Path.GetFileName(files[i])}: {machine.Difference}");
            questions += machine.Comparison.QuestionCount;
            faults += machine.Comparison.FaultCount;
        }

        Report(questions, faults);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void AfterEveryCallOfGeneratedScripts(TableFormat format)
    {
        RequiredProcessor.Check();
        long questions = 0, faults = 0;
        for (int seed = 1; seed <= ScriptCount; seed++)
        {
            FuzzRandom random = new((ulong)seed);
            Swarm swarm = new(random, SwarmTheme.Everything);
            using ComparedMachine machine = new(seed, format: format);
            machine.Start(swarm.Header);
            ScenarioWorld world = new(machine.Engine.Engine, swarm.Header, 0);
            ScenarioGenerator generator = new(world, swarm, random);
            for (int i = 0; i < swarm.CallCount && !world.IsUsedUp; i++)
            {
                ScenarioCall call = generator.Next();
                world.BeforeCall(call);
                world.AfterCall(call, machine.Execute(call));
                Assert.True(machine.Difference is null, $"seed {seed}, call {i}: {machine.Difference}");
            }

            Assert.Null(machine.Engine.AuditNow());
            questions += machine.Comparison.QuestionCount;
            faults += machine.Comparison.FaultCount;
        }

        Report(questions, faults);
    }

    [Fact]
    public void AWalkerThatIsWrongIsSeen()
    {
        RequiredProcessor.Check();
        using ComparedMachine machine = new(seed: 1, isBroken: true);
        _ = ScenarioRunner.Run(ScenarioParser.ParseFile(Path.Combine(Recordings, "hand-cow-fork.scn")), machine);
        Assert.NotNull(machine.Difference);
    }

    private static void Report(long questions, long faults)
    {
        Assert.InRange(faults, questions / 10, questions * 9 / 10);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{questions} questions, {faults} faults, 0 mismatches (Unicorn {GuestProcessor.LibraryVersion})");
    }
}
