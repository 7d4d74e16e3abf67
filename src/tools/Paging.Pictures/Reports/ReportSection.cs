namespace Paging.Pictures.Reports;

/// <summary>A part of a report: pictures, each with its numbers.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Text">The sentence below the title.</param>
/// <param name="Parts">The pictures, and the numbers below each.</param>
/// <param name="Listing">Lines that are shown as they are, such as a script; null for none.</param>
public sealed record ReportSection(
    string Title, string Text, IReadOnlyList<(Figure Figure, ReportTable Table)> Parts, string? Listing = null);
