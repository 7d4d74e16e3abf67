namespace Paging.Fuzz;

/// <summary>What the fuzzer tells the shell.</summary>
internal static class ExitCode
{
    /// <summary>Nothing wrong was found; or the host cannot run the target, and the output says why.</summary>
    public const int Clean = 0;

    /// <summary>Something was found.</summary>
    public const int Found = 1;

    /// <summary>The command is wrong, or what it needs is not here.</summary>
    public const int Unusable = 2;
}
