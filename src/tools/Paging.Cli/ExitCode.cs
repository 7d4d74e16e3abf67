namespace Paging.Cli;

/// <summary>The exit codes of the command.</summary>
public static class ExitCode
{
    /// <summary>All results agree.</summary>
    public const int Agreement = 0;

    /// <summary>A result differs, or a call could not be executed.</summary>
    public const int Difference = 1;

    /// <summary>An input could not be read, or the arguments are wrong.</summary>
    public const int Unusable = 2;

    /// <summary>A signal has interrupted the command: 128 + its number, as shells have it.</summary>
    public static int OfSignal(int signal) => 128 + signal;

    /// <summary>An internal error has ended one of the programs of a run. EX_SOFTWARE of sysexits.h.</summary>
    public const int InternalError = 70;
}
