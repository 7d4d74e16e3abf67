namespace Paging.Fuzz;

/// <summary>The exit codes of the fuzzer.</summary>
internal static class ExitCode
{
    /// <summary>Nothing wrong was found; or the host cannot run the target, and the output gives the reason.</summary>
    public const int Clean = 0;

    /// <summary>Something was found.</summary>
    public const int Found = 1;

    /// <summary>The command is wrong, or what it needs is not here.</summary>
    public const int Unusable = 2;
}
