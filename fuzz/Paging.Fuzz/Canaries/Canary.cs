using Paging.Fuzz.Changes;

namespace Paging.Fuzz;

/// <summary>One deliberate fault: a change of a source, and the targets that may catch it.</summary>
/// <param name="Name">Short, with dashes.</param>
/// <param name="Description">The defect that the change makes.</param>
/// <param name="Assembly">The assembly that has to be compiled again.</param>
/// <param name="Targets">The targets that may catch it, tried in this order.</param>
/// <param name="Change">The fault.</param>
internal sealed record Canary(string Name, string Description, string Assembly, IReadOnlyList<string> Targets, SourceChange Change);
