namespace Paging.Native;

/// <summary>
/// A rule of the engine is broken: a defect of the engine or of code that writes without its knowledge, never of a guest.
/// </summary>
/// <remarks>Thrown by checks (see <c>PAGING_VERIFY</c>); the message begins with the rule's name, such as <c>F2</c>.</remarks>
public sealed class InvariantException : Exception
{
    /// <summary>Makes one with a message that names the rule, the place and the value found.</summary>
    public InvariantException(string message) : base(message) { }

    /// <summary>Makes one with a message that names the rule, the place and the value found, and its cause.</summary>
    public InvariantException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Makes one without a message. Exceptions are expected to have this constructor.</summary>
    public InvariantException() { }
}
