namespace Paging.Traces.Reading;

/// <summary>A file is not a trace: the first line that does not fit, and the reason.</summary>
/// <remarks><see cref="Exception.Message"/> is the whole line a user should see: <c>FILE:LINE:COLUMN: reason</c>.</remarks>
public sealed class TraceFormatException : FormatException
{
    /// <summary>An error without a place.</summary>
    public TraceFormatException() : this("not a trace")
    {
    }

    /// <summary>An error without a place.</summary>
    public TraceFormatException(string message) : base(message)
    {
    }

    /// <summary>An error without a place.</summary>
    public TraceFormatException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>An error in a line.</summary>
    /// <param name="file">The trace as the user named it.</param>
    /// <param name="line">The line, from 1, of the text (unpacked, if it came packed).</param>
    /// <param name="reason">The error, in one line.</param>
    public TraceFormatException(string file, long line, string reason) : base($"{file}:{line}: {reason}") => Line = line;

    /// <summary>An error in a column of a line.</summary>
    /// <param name="file">The trace as the user named it.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The column, from 1, in characters.</param>
    /// <param name="reason">The error, in one line.</param>
    public TraceFormatException(string file, long line, int column, string reason) : base($"{file}:{line}:{column}: {reason}") =>
        (Line, Column) = (line, column);

    /// <summary>The column, from 1, in characters of UTF-8; 0 when it is the whole line, or the place is none of a text.</summary>
    public int Column { get; }

    /// <summary>The line, from 1; 0 when there is no place.</summary>
    public long Line { get; }
}
