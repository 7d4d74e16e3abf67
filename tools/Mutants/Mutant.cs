namespace Paging.Mutants;

/// <summary>One single-spot mistake: where it is, and what it changes.</summary>
/// <param name="Number">The number that switches it on.</param>
/// <param name="File">Path of the source, relative to the project.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Member">Type and member that it is in.</param>
/// <param name="Change">Text before and after.</param>
internal sealed record Mutant(int Number, string File, int Line, int Column, string Member, string Change)
{
    public override string ToString() => string.Join('\t', Number, File, Line, Column, Member, Change.ReplaceLineEndings(" "));
}
