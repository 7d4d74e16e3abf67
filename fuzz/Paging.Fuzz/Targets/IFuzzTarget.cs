namespace Paging.Fuzz;

/// <summary>Something that can be fuzzed.</summary>
internal interface IFuzzTarget
{
    /// <summary>The target's name on the command line.</summary>
    string Name { get; }

    /// <summary>The two sides that are compared, in one line.</summary>
    string Description { get; }

    /// <summary>Runs it, prints the findings, and returns an exit code (<see cref="ExitCode"/>).</summary>
    int Run(FuzzOptions options, TextWriter output);
}
