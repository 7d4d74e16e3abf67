namespace Paging.Remote;

/// <summary>A server did not answer, refused, or holds something that is not ours. The message names the server.</summary>
public sealed class RemoteException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public RemoteException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">The failure and the server.</param>
    public RemoteException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">The failure and the server.</param>
    /// <param name="innerException">The client's own exception.</param>
    public RemoteException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True if the server has understood the request and refused it: a repetition would not help.</summary>
    public bool IsRefusal { get; init; }
}
