namespace Paging.Programs.Cores;

/// <summary>A file is no core file of an i386 program, or a damaged one. The message names the place and the reason.</summary>
public sealed class CoreFormatException : FormatException
{
    /// <summary>Without a message.</summary>
    public CoreFormatException() { }

    /// <summary>With the place and the reason in one line.</summary>
    public CoreFormatException(string message) : base(message) { }

    /// <summary>The same, with a cause.</summary>
    public CoreFormatException(string message, Exception innerException) : base(message, innerException) { }
}
