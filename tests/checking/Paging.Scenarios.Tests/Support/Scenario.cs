using System.Text;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Tests;

/// <summary>Small scenarios for tests: the usual header, then the lines given.</summary>
internal static class Scenario
{
    public const string Header =
        "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, " +
        "brk=0x0804a000, stack_limit=0x800000, reserved=0xbfff0000) = 0";

    public static string Text(params string[] lines) => $"{Header}\n{string.Join('\n', lines)}\n";

    /// <summary>Writes a scenario into a file of the directory. Returns its path.</summary>
    public static string Write(this TemporaryDirectory directory, string name, params string[] lines) =>
        directory.Write(name, Encoding.UTF8.GetBytes(Text(lines)));

    public static ScenarioDocument Parse(params string[] lines) => ScenarioParser.ParseText(Text(lines), "test.scn");

    /// <summary>The only call of a scenario of one line.</summary>
    public static ScenarioLine Call(string line) => Parse(line).Lines.Single(static found => found.Kind == ScenarioLineKind.Call);
}
