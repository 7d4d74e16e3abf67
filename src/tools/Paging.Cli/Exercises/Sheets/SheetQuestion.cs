using System.Collections.Immutable;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>A question of a sheet, with parts that are answered and graded one by one.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Text">What is given, in lines.</param>
/// <param name="Parts">What is asked, <c>a</c>, <c>b</c> and so on.</param>
internal sealed record SheetQuestion(string Title, string Text, ImmutableArray<SheetPart> Parts);

/// <summary>A part of a question.</summary>
/// <param name="Ask">What is asked.</param>
/// <param name="Right">The right answer, as the engine gives it.</param>
internal sealed record SheetPart(string Ask, string Right);
