using Paging.Scripting.Calls;

namespace Paging.View;

/// <summary>A rule of Linux that decides how a call ends.</summary>
/// <param name="Calls">The calls, as the dialect spells them, with spaces between.</param>
/// <param name="Outcome">The error or signal: <c>EINVAL</c>, <c>SEGV_MAPERR</c>; empty for success.</param>
/// <param name="Rule">The rule, as a sentence.</param>
/// <param name="Functions">The functions of the kernel that apply it, with commas between.</param>
/// <param name="When">What the arguments must be, where one outcome has several rules; null: the rule of all others.</param>
internal sealed record LinuxReason(
    string Calls, string Outcome, string Rule, string Functions, Func<ScenarioCall, bool>? When = null)
{
    /// <summary>The rule, and the functions in parentheses.</summary>
    public override string ToString() => $"{Rule} ({Functions})";
}
