namespace Paging.Pictures;

/// <summary>A part of a report: pictures, each with its numbers.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Text">What it is of.</param>
/// <param name="Parts">The pictures, and the numbers below each.</param>
public sealed record ReportSection(string Title, string Text, IReadOnlyList<(Figure Figure, ReportTable Table)> Parts);
