using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.ReferenceModel.Tests;

/// <summary>Compares the results of Linux 6.18 with the model's.</summary>
internal static class Kernel
{
    private const string UsualHeader =
        "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, " +
        "brk=0x0804a000, stack_limit=0x800000, reserved=0xbfff0000) = 0";

    /// <summary>The model gives every result recorded after a call of these lines of a scenario; each call has one.</summary>
    public static void Agrees(string lines, int areaCountMax = 65_530)
    {
        ScenarioDocument document = ScenarioParser.ParseText($"{UsualHeader}\n{lines}\n");
        Assert.DoesNotContain(document.Lines, static line =>
            line.Kind == ScenarioLineKind.Call && line.Recorded.Kind == CallResultKind.None);
        Agrees(document, areaCountMax);
    }

    /// <summary>The model gives every result of a scenario.</summary>
    public static void Agrees(ScenarioDocument document, int areaCountMax = 65_530) =>
        Agrees(document, new ReferenceOptions { AreaCountMax = areaCountMax });

    /// <summary>A model with these options gives every result of a scenario.</summary>
    public static void Agrees(ScenarioDocument document, ReferenceOptions options)
    {
        using ReferenceMachine machine = new(options);
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine);
        Assert.Empty(outcome.Differences);
        Assert.Null(outcome.Unsupported);
        Assert.Equal(document.CallCount, outcome.CallCount);
    }
}
