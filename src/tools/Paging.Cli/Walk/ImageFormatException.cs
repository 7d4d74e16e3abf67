namespace Paging.Cli.Walk;

/// <summary>A file is no memory image, or a damaged one. The message has the reason in one line.</summary>
internal sealed class ImageFormatException(string message) : Exception(message);
