namespace Paging.Testing.Generating;

/// <summary>Something that was checked does not hold. The message says what, with the seed and the smallest script or value.</summary>
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
