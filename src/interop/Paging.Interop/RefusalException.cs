namespace Paging.Interop;

/// <summary>Ends a call with a code of its own.</summary>
internal sealed class RefusalException(int code, string message) : Exception(message)
{
    /// <summary>The result of the call.</summary>
    public int Code { get; } = code;
}
