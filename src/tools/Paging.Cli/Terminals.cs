namespace Paging.Cli;

/// <summary>The standard streams that are terminals.</summary>
[Flags]
public enum Terminals
{
    /// <summary>Neither: files, pipes, tests.</summary>
    None = 0,
    /// <summary>Standard output.</summary>
    Output = 1,
    /// <summary>Standard error; a progress bar may appear there.</summary>
    Errors = 2,
    /// <summary>Standard input.</summary>
    Input = 4,
}
