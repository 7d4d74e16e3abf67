using Paging.Scripting.Engine;
using Paging.Scripting.Running;

namespace Paging.Scripting.Tests;

/// <summary>Neighbouring areas make one row of <c>areas</c> if the rows alone could not distinguish them (DIALECT.md).</summary>
public sealed class AreaRowTests
{
    private static readonly string[] Calls =
    [
        "open(\"A\", 16384, 1) = 3",
        "open(\"B\", 16384, 2) = 4",
        "mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000",
        "mmap(0x20001000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 4, 0x1000) = 0x20001000",    // its offset goes on, in another file
        "mmap(0x20002000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 4, 0x2000) = 0x20002000",
        "mlock(0x20002000, 0x1000) = 0",    // another area, which no row shows
        "mmap(0x20003000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 4, 0x1000) = 0x20003000",    // the same file, another offset
        "mmap(0x20004000, 0x1000, PROT_READ, MAP_SHARED|MAP_FIXED, 4, 0x2000) = 0x20004000",    // other rights
        "mmap(0x20005000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20005000",
        "mlock(0x20006000, 0x1000) = 0",
        "mmap(0x20008000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20008000",    // after a hole
    ];

    [Fact]
    public void NeighboursThatLookLikeOneAreaAreOneRowOfAreasAndTwoOfMaps() => Agrees(
        "areas(0x20000000, 0x20010000) = {",
        "20000000-20001000 r--p 00000000 A",
        "20001000-20003000 r--p 00001000 B",
        "20003000-20004000 r--p 00001000 B",
        "20004000-20005000 r--s 00002000 B",
        "20005000-20007000 r--p 00000000",
        "20008000-20009000 r--p 00000000",
        "}",
        "maps(0x20000000, 0x20010000) = {",
        "20000000-20001000 r--p 00000000 A",
        "20001000-20002000 r--p 00001000 B",
        "20002000-20003000 r--p 00002000 B",
        "20003000-20004000 r--p 00001000 B",
        "20004000-20005000 r--s 00002000 B",
        "20005000-20006000 r--p 00000000",
        "20006000-20007000 r--p 00000000",
        "20008000-20009000 r--p 00000000",
        "}");

    /// <summary>An area that only reaches into the range is shown in full; one that touches it is not.</summary>
    [Fact]
    public void ARangeChoosesAreasNotPages() => Agrees(
        "maps(0x20002000, 0x20005000) = {",
        "20002000-20003000 r--p 00002000 B",
        "20003000-20004000 r--p 00001000 B",
        "20004000-20005000 r--s 00002000 B",
        "}",
        "maps(0x20006000, 0x20007000) = {",
        "20006000-20007000 r--p 00000000",
        "}",
        "areas(0x20007000, 0x20008000) = {",
        "}");

    private static void Agrees(params string[] blocks)
    {
        using EngineMachine machine = new(new EngineMachineOptions());
        ScenarioOutcome outcome = ScenarioRunner.Run(Scenario.Parse([.. Calls, .. blocks]), machine, new() { KeepGoing = true });
        Assert.Empty(outcome.Differences);
        Assert.Null(outcome.Unsupported);
    }
}
