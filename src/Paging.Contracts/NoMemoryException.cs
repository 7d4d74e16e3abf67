namespace Paging.Core;

/// <summary>The engine's RAM, or the host, has no memory for an object that was asked for. The engine is as before.</summary>
/// <remarks>
/// Calls of Linux return ENOMEM instead. It is an <see cref="InvalidOperationException"/>: with less in use the call succeeds.
/// </remarks>
public sealed class NoMemoryException : InvalidOperationException
{
    /// <summary>Makes one without a text of its own.</summary>
    public NoMemoryException() : this("There is no memory for it.") { }

    /// <summary>Makes one with a text.</summary>
    public NoMemoryException(string message) : base(message) { }

    /// <summary>Makes one with a text and a cause.</summary>
    public NoMemoryException(string message, Exception cause) : base(message, cause) { }
}
