namespace Paging.Native;

/// <summary>One difference between a recount and the value that a structure holds.</summary>
/// <param name="Rule">The name of the rule in <c>docs/INVARIANTS.md</c>, such as <c>F1</c>.</param>
/// <param name="What">The place, the expected value and the value found.</param>
public readonly record struct AuditFinding(string Rule, string What)
{
    /// <summary>Prints <c>rule: what</c>.</summary>
    public override string ToString() => $"{Rule}: {What}";
}
