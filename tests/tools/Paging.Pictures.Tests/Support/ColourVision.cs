using System.Collections.Immutable;
using System.Globalization;

namespace Paging.Pictures.Tests;

/// <summary>How colours look to people, and how far two of them are apart.</summary>
/// <remarks>
/// G. Machado and others, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1, applied to linear
/// light. Distances are those of CIE 1976 in L*a*b*, where 2.3 can just be seen side by side.
/// </remarks>
internal sealed record ColourVision(string Name, ImmutableArray<double> Matrix)
{
    /// <summary>The colour distance from which thin lines can be distinguished without being side by side.</summary>
    public const double DistanceMin = 15;

    /// <summary>Normal vision, and the three kinds of colour blindness: of red, green and blue.</summary>
    public static IReadOnlyList<ColourVision> All { get; } =
    [
        new("normal", [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        new("protanopia", [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]),
        new("deuteranopia", [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881]),
        new("tritanopia", [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900]),
    ];

    /// <summary>How far two colours are apart, as <c>#0072b2</c>.</summary>
    public double DistanceOf(string one, string other) =>
        Math.Sqrt(LabOf(one).Zip(LabOf(other), static (a, b) => (a - b) * (a - b)).Sum());

    private double[] LabOf(string colour)
    {
        double[] light = [.. Enumerable.Range(0, 3).Select(part =>
            Linear(int.Parse(colour.AsSpan(1 + (2 * part), 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) / 255.0))];
        double[] seen = [.. Enumerable.Range(0, 3).Select(row =>
            Math.Clamp(Enumerable.Range(0, 3).Sum(column => Matrix[(3 * row) + column] * light[column]), 0, 1))];
        double x = Curve(((0.4124564 * seen[0]) + (0.3575761 * seen[1]) + (0.1804375 * seen[2])) / 0.95047);    // sRGB to XYZ, D65
        double y = Curve((0.2126729 * seen[0]) + (0.7151522 * seen[1]) + (0.0721750 * seen[2]));
        double z = Curve(((0.0193339 * seen[0]) + (0.1191920 * seen[1]) + (0.9503041 * seen[2])) / 1.08883);
        return [(116 * y) - 16, 500 * (x - y), 200 * (y - z)];
    }

    private static double Linear(double value) => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);

    private static double Curve(double value) => value > 216.0 / 24389 ? Math.Cbrt(value) : ((24389.0 / 27 * value) + 16) / 116;
}
