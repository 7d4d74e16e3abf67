using Paging.Scripting.Parsing;

namespace Paging.Fuzz;

/// <summary>What a recording did with companions.</summary>
/// <param name="CallCount">Calls that were made.</param>
/// <param name="Difference">The first difference; null if there was none.</param>
/// <param name="Refusals">What the companions refused, and how often.</param>
internal sealed record CompanyOutcome(int CallCount, CompanyDifference? Difference, SortedDictionary<string, int> Refusals);

/// <summary>The first call with another result.</summary>
/// <param name="Line">The call; null if the recording could not be begun.</param>
/// <param name="Actual">The other result, or what the audit has found.</param>
/// <param name="Cause">The kind of the difference, by which a table groups it.</param>
internal sealed record CompanyDifference(ScenarioLine? Line, string Actual, string Cause);
