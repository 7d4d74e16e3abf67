using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Testing.Checks;
using Paging.Testing.Generating;
using Paging.Testing.Xunit;
using Xunit;

namespace Paging.Samples;

/// <summary>A personality of one's own (Linux, but munmap never fails), tested against the model and the recordings.</summary>
public sealed class PersonalitySample
{
    [Theory, Recordings("hand-*")]
    public void TheEngineItselfAgreesWithTheKernel(string name) => RecordingLibrary.Check(name, NewEngine());

    [Fact]
    public void ADifferenceIsFoundAndMadeSmall()
    {
        CheckFailedException found = Assert.Throws<CheckFailedException>(() =>
            LockstepCheck.AgainstModel(static () => new Forgiving(NewEngine()), scenarioCount: 200));
        Assert.Contains("munmap(", found.Message, StringComparison.Ordinal);
        Assert.Contains("EINVAL", found.Message, StringComparison.Ordinal);
        Assert.True(found.Message.Split('\n').Length <= 8, found.Message);    // the header, one or two calls, the results
    }

    [Fact]
    public void TheEngineItselfAgreesWithTheModel() => LockstepCheck.AgainstModel(NewEngine, scenarioCount: 5);

    private static EngineMachine NewEngine() => new(new EngineMachineOptions());

    private sealed class Forgiving(EngineMachine engine) : IScenarioMachine
    {
        public void Start(ScenarioHeader header) => engine.Start(header);

        public ScriptResult Execute(in ScenarioCall call)
        {
            ScriptResult result = engine.Execute(call);
            return call.Name == CallName.Munmap ? ScriptResult.Number(0) : result;
        }

        public void Dispose() => engine.Dispose();
    }
}
