namespace Paging.Cli;

/// <summary>Thrown when the file of <c>--swap SIZE@FILE</c> cannot be created. The message is for the user.</summary>
internal sealed class SwapFileException(string message, Exception inner) : Exception(message, inner);
