namespace Paging.Fuzz;

/// <summary>Something that can be fuzzed.</summary>
internal interface IFuzzTarget
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>What is compared with what, in one line.</summary>
    string Description { get; }

    /// <summary>Runs it, prints what came of it, and says so in an exit code (<see cref="ExitCode"/>).</summary>
    int Run(FuzzOptions options, TextWriter output);
}
