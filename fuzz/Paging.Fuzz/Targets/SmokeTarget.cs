namespace Paging.Fuzz;

/// <summary>
/// Every other target for a few seconds each, from the same seed, for CI. Engines with faults are left out; they have a run of their
/// own.
/// </summary>
internal sealed class SmokeTarget : IFuzzTarget
{
    public string Name => "smoke";

    public string Description => "every target but canary, matrix, rules and soak, --seconds each";

    public int Run(FuzzOptions options, TextWriter output)
    {
        List<string> failed = [];
        foreach (IFuzzTarget target in TargetTable.All)
        {
            if (target is SmokeTarget or SoakTarget or CanaryTarget or RulesTarget or MatrixTarget) continue;
            if (target.Run(options with { Target = target.Name, PrintsCoverage = false }, output) != ExitCode.Clean)
                failed.Add(target.Name);
            output.WriteLine();
            output.Flush();
        }

        output.WriteLine(failed.Count == 0 ? "smoke: nothing found" : $"smoke: found something in {string.Join(", ", failed)}");
        return failed.Count == 0 ? ExitCode.Clean : ExitCode.Found;
    }
}
