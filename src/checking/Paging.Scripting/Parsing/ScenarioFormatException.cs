namespace Paging.Scripting.Parsing;

/// <summary>A file is not a scenario: where it stops being one, and why.</summary>
/// <remarks><see cref="Exception.Message"/> is the whole line a user should see: <c>FILE:LINE: reason</c>.</remarks>
public sealed class ScenarioFormatException : FormatException
{
    /// <summary>An error without a place.</summary>
    public ScenarioFormatException() : this("", 0, "not a scenario")
    {
    }

    /// <summary>An error without a place.</summary>
    public ScenarioFormatException(string message) : this("", 0, message)
    {
    }

    /// <summary>An error without a place.</summary>
    public ScenarioFormatException(string message, Exception innerException) : base(message, innerException) =>
        (FileName, Reason) = ("", message);

    /// <summary>An error in a line.</summary>
    public ScenarioFormatException(string fileName, int line, string reason) : base($"{fileName}:{line}: {reason}") =>
        (FileName, Line, Reason) = (fileName, line, reason);

    /// <summary>The file as it was named to the parser.</summary>
    public string FileName { get; }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The error, in one line.</summary>
    public string Reason { get; }
}
