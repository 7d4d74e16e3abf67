namespace Paging.Testing.Generating;

/// <summary>Thrown when a check fails. The message names it, with the seed and the smallest script or value.</summary>
public sealed class CheckFailedException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public CheckFailedException()
    {
    }

    /// <summary>Makes an exception.</summary>
    public CheckFailedException(string message) : base(message)
    {
    }

    /// <summary>Makes an exception that another one has caused.</summary>
    public CheckFailedException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
