namespace Paging.Cli;

/// <summary>The file that <c>--swap SIZE@FILE</c> names cannot be made. The message is a line for the user.</summary>
internal sealed class SwapFileException(string message, Exception inner) : Exception(message, inner);
