using Paging.Scripting.Calls;

namespace Paging.Testing.Lockstep;

/// <summary>The kinds of failure of a run.</summary>
internal enum FailureKind
{
    /// <summary>Two machines gave different results.</summary>
    Difference,
    /// <summary>The engine's audit found something.</summary>
    Audit,
    /// <summary>A machine threw.</summary>
    Exception,
    /// <summary>Everything was given back, and something is still held.</summary>
    Leak,
}

/// <summary>Something went wrong at a call.</summary>
/// <param name="Kind">The kind of failure.</param>
/// <param name="CallIndex">The call's place in the script, from 0.</param>
/// <param name="Call">The call.</param>
/// <param name="Expected">The oracle's result and name, or the rule that should have held.</param>
/// <param name="Actual">The result that differs, and the machine that returned it.</param>
/// <param name="Mark">A mark that two failures of one cause share: the audit's rule, or the exception's type.</param>
internal sealed record FuzzFailure(FailureKind Kind, int CallIndex, ScenarioCall Call, string Expected, string Actual, string Mark = "")
{
    /// <summary>True when the other is most likely of the same cause.</summary>
    public bool IsLike(FuzzFailure other)
    {
        if (Kind != other.Kind || !string.Equals(Mark, other.Mark, StringComparison.Ordinal)) return false;
        return Kind is FailureKind.Audit or FailureKind.Leak || Call.Name == other.Call.Name;
    }

    /// <summary>The failure as a user reads it.</summary>
    public override string ToString() =>
        $"{Kind} at call {CallIndex + 1}: {Call}\n  expected: {Indent(Expected)}\n  actual:   {Indent(Actual)}";

    private static string Indent(string text) => text.ReplaceLineEndings("\n            ");
}
