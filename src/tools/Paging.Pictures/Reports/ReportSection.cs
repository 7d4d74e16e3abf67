using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>A part of a report: pictures, each with its numbers.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Text">The sentence below the title.</param>
/// <param name="Parts">The pictures, and the numbers below each.</param>
/// <param name="Listing">Lines that are shown as they are, such as a script; null for none.</param>
public sealed record ReportSection(
    string Title, string Text, IReadOnlyList<(Figure Figure, ReportTable Table)> Parts, string? Listing = null)
{
    /// <summary>Its heading.</summary>
    public string Title { get; init => field = Required.Of(value); } = Required.Of(Title);

    /// <summary>The subject.</summary>
    public string Text { get; init => field = Required.Of(value); } = Required.Of(Text);

    /// <summary>The pictures, and the numbers below each.</summary>
    public IReadOnlyList<(Figure Figure, ReportTable Table)> Parts { get; init => field = Required.All(value, IsWhole); } =
        Required.All(Parts, IsWhole);

    private static bool IsWhole((Figure? Figure, ReportTable? Table) part) => part is { Figure: not null, Table: not null };
}
