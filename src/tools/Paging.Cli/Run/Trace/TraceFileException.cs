namespace Paging.Cli.Run.Trace;

/// <summary>Thrown when the file of <c>--trace FILE</c> cannot be written. The message is for the user.</summary>
internal sealed class TraceFileException(string path, Exception inner)
    : Exception($"--trace {path}: cannot be written: {UserFiles.ReasonOf(inner, path)}", inner);
