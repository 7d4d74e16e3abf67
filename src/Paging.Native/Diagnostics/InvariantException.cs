namespace Paging.Native;

/// <summary>One of our own rules is broken: a defect of the engine or of code that writes behind its back, never of a guest.</summary>
/// <remarks>Thrown by checks (see <c>PAGING_VERIFY</c>); the message begins with the rule's name, such as <c>F2</c>.</remarks>
public sealed class InvariantException : Exception
{
    /// <summary>Says which rule, where, and what was found.</summary>
    public InvariantException(string message) : base(message) { }

    /// <summary>Says which rule, where, and what was found, after another exception.</summary>
    public InvariantException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Says nothing. Exceptions are expected to have this constructor.</summary>
    public InvariantException() { }
}
