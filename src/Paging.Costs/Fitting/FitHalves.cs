namespace Paging.Costs.Fitting;

/// <summary>Which cases a list is fitted on, and which it is judged on: never the same.</summary>
/// <remarks>
/// A family is one kind of work in growing sizes. Every other size is fitted, and the next family begins with the other half, so that
/// over all families each size is in both halves.
/// </remarks>
internal static class FitHalves
{
    /// <summary>True for a case that is fitted, false for one that is judged.</summary>
    /// <param name="family">The number of the kind of work.</param>
    /// <param name="step">The number of the size within it, the least first.</param>
    public static bool IsFitted(int family, int step) => ((family + step) & 1) == 0;

    /// <summary>The error of a prediction, as a part of what was measured: −0.5 is half of it, 1 is twice.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The measured time is not above 0.</exception>
    public static double ErrorOf(double predicted, double measured)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(measured);
        return (predicted / measured) - 1;
    }

    /// <summary>The median of the errors' sizes; of two in the middle, the larger.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static double MedianSize(IEnumerable<double> errors)
    {
        double[] sizes = [.. errors.Select(Math.Abs).Order()];
        return sizes.Length > 0 ? sizes[sizes.Length / 2] : throw new ArgumentException("There is no error.", nameof(errors));
    }
}
