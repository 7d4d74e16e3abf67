namespace Paging.Cli;

/// <summary>What the command tells the shell.</summary>
public static class ExitCode
{
    /// <summary>Everything agreed.</summary>
    public const int Agreement = 0;

    /// <summary>Something differed, or could not be executed.</summary>
    public const int Difference = 1;

    /// <summary>Something could not be read, or was asked for wrongly.</summary>
    public const int Unusable = 2;

    /// <summary>An error of the command's own has ended one of the programs of a run. As EX_SOFTWARE of sysexits.h.</summary>
    public const int InternalError = 70;
}
