using System.Collections.Immutable;

namespace Paging.Scripting.Calls;

/// <summary>The form in which a call refuses, if it can.</summary>
public enum CallFailure : byte
{
    /// <summary>The call cannot refuse.</summary>
    None,
    /// <summary><c>-1 NAME</c>: a system call or a copy by the kernel.</summary>
    Error,
    /// <summary><c>SIGSEGV …</c> or <c>SIGBUS …</c>: an access by the program.</summary>
    Signal,
    /// <summary>In a form that only the call's dialect has.</summary>
    OfDialect,
}

/// <summary>One call of a dialect: its spelling, its arguments, its result.</summary>
/// <param name="Code">Its place among the calls of its dialect.</param>
/// <param name="Spelling">Its name in a scenario.</param>
/// <param name="Success">The form of its result when all went well.</param>
/// <param name="Failure">The form of its result otherwise.</param>
/// <param name="Arguments">Its arguments, in order.</param>
/// <param name="OptionalCount">The number of last arguments that may be missing.</param>
public sealed record CallSignature(
    byte Code,
    string Spelling,
    CallResultKind Success,
    CallFailure Failure,
    ImmutableArray<ArgumentForm> Arguments,
    int OptionalCount = 0)
{
    /// <summary>The call, if the dialect is that of Linux.</summary>
    public CallName Name => (CallName)Code;

    /// <summary>The kinds of the arguments in the dialect of Linux.</summary>
    public ImmutableArray<ArgumentKind> Kinds { get; } = [.. Arguments.Select(static form => form.Kind)];

    /// <summary>The characters that stand between quotation marks, if the result is of that form.</summary>
    public string Alphabet { get; init; } = "a.";

    /// <summary>The least number of arguments.</summary>
    public int RequiredCount => Arguments.Length - OptionalCount;

    /// <summary>The description of a call of Linux.</summary>
    public static implicit operator CallSignature(CallName name) => ScriptCalls.Of(name);
}
