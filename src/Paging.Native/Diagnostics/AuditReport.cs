using System.Globalization;
using System.Text;

namespace Paging.Native;

/// <summary>The findings of audits. An audit continues after a finding, so that one run shows the whole damage.</summary>
/// <remarks>Managed and growing: audits are not on any path that counts nanoseconds.</remarks>
public sealed class AuditReport
{
    /// <summary>Findings kept as text; further ones are only counted, for a broken table has a million.</summary>
    internal const int FindingCountMax = 200;

    private readonly List<AuditFinding> _findings = [];

    /// <summary>The first findings in the order they were made.</summary>
    public IReadOnlyList<AuditFinding> Findings => _findings;

    /// <summary>The number of findings, kept or not.</summary>
    public long FindingCount { get; private set; }

    /// <summary>True when every rule held.</summary>
    public bool IsClean => FindingCount == 0;

    /// <summary>Adds a finding.</summary>
    /// <param name="rule">The rule's name, such as <c>B3</c>.</param>
    /// <param name="what">The place, the expected value and the value found.</param>
    public void Add(string rule, string what)
    {
        FindingCount++;
        if (_findings.Count < FindingCountMax) _findings.Add(new(rule, what));
    }

    /// <summary>Adds a finding when two counts differ.</summary>
    /// <param name="rule">The rule's name.</param>
    /// <param name="what">The name of the counted items.</param>
    /// <param name="expected">The result of the recount.</param>
    /// <param name="found">The value that the structure holds.</param>
    public void AddIfDifferent(string rule, string what, long expected, long found)
    {
        if (expected != found) Add(rule, $"{what}: recounted {expected}, remembered {found}");
    }

    /// <summary>True when a kept finding names the rule.</summary>
    public bool Names(string rule) => _findings.Exists(finding => string.Equals(finding.Rule, rule, StringComparison.Ordinal));

    /// <summary>Throws when a rule was broken.</summary>
    /// <exception cref="InvariantException">The report is not clean; the message is the report.</exception>
    public void ThrowIfBroken()
    {
        if (!IsClean) throw new InvariantException(ToString());
    }

    /// <summary>Prints one finding a line, or <c>clean</c>.</summary>
    public override string ToString()
    {
        if (IsClean) return "clean";
        StringBuilder text = new();
        foreach (AuditFinding finding in _findings) text.Append(finding.ToString()).Append('\n');
        long more = FindingCount - _findings.Count;
        if (more > 0) text.Append(CultureInfo.InvariantCulture, $"and {more} more\n");
        return text.ToString();
    }
}

/// <summary>One difference between a recount and the value that a structure holds.</summary>
/// <param name="Rule">The name of the rule in <c>docs/INVARIANTS.md</c>, such as <c>F1</c>.</param>
/// <param name="What">The place, the expected value and the value found.</param>
public readonly record struct AuditFinding(string Rule, string What)
{
    /// <summary>Prints <c>rule: what</c>.</summary>
    public override string ToString() => $"{Rule}: {What}";
}
