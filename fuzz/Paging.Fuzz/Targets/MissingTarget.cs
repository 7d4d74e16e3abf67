namespace Paging.Fuzz;

/// <summary>A target whose subject does not exist yet: says so instead of passing.</summary>
internal sealed class MissingTarget(string name, string reason) : IFuzzTarget
{
    public string Name => name;

    public string Description => $"not built yet: {reason}";

    public int Run(FuzzOptions options, TextWriter output)
    {
        output.WriteLine($"{name}: not built yet: {reason}");
        return ExitCode.Unusable;
    }
}
