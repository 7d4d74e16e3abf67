namespace Paging.Cli;

/// <summary>Which of the standard streams a person looks at.</summary>
[Flags]
public enum Terminals
{
    /// <summary>Neither: files, pipes, tests.</summary>
    None = 0,
    /// <summary>Standard output.</summary>
    Output = 1,
    /// <summary>Standard error; a progress bar may appear there.</summary>
    Errors = 2,
}
