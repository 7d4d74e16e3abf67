namespace Paging.Pictures.Reports;

/// <summary>A ratio that was measured several times.</summary>
/// <param name="Rival">The name of the one that it is compared with.</param>
/// <param name="Low">The lowest, above 0.</param>
/// <param name="Middle">The end of the bar.</param>
/// <param name="High">The highest.</param>
public readonly record struct SpreadBar(string Rival, double Low, double Middle, double High);
