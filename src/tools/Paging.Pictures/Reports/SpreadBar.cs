namespace Paging.Pictures.Reports;

/// <summary>A ratio that was measured several times.</summary>
/// <param name="Rival">To whom.</param>
/// <param name="Low">The lowest, above 0.</param>
/// <param name="Middle">The median: how long the bar is.</param>
/// <param name="High">The highest.</param>
public readonly record struct SpreadBar(string Rival, double Low, double Middle, double High);
