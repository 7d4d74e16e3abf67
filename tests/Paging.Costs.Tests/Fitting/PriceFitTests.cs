using CsCheck;
using Paging.Costs.Fitting;

namespace Paging.Costs.Tests;

/// <summary>Prices that are known come back from the times that they make.</summary>
public sealed class PriceFitTests
{
    [Fact]
    public void KnownPricesComeBack()
    {
        double[] prices = [940, 107, 60, 0.5];
        PriceFit fit = new(prices.Length);
        Random random = new(86);
        for (int row = 0; row < 40; row++)
        {
            double[] counts = [.. prices.Select(_ => (double)random.Next(1_000))];
            double time = counts.Zip(prices, static (count, price) => count * price).Sum();
            fit.Add(time, counts, time);
        }

        AssertNear(prices, fit.Solve(), 1e-6);
    }

    [Fact]
    public void ThePricesOfNoisyTimesAreNear() => Gen.Select(Gen.Double[1, 1_000].Array[5], Gen.Int).Sample(static (prices, seed) =>
    {
        PriceFit fit = new(prices.Length);
        Random random = new(seed);
        for (int row = 0; row < 400; row++)
        {
            double[] counts = [.. prices.Select(_ => (double)random.Next(100))];
            double time = counts.Zip(prices, static (count, price) => count * price).Sum();
            if (time > 0) fit.Add(time * (0.99 + (random.NextDouble() * 0.02)), counts, time);
        }

        double most = prices.Max();
        foreach ((double expected, double? found) in prices.Zip(fit.Solve()))
            Assert.InRange(found!.Value, expected - (most / 20), expected + (most / 20));
    });

    [Fact]
    public void AShortRowWeighsAsMuchAsALongOne()
    {
        PriceFit fit = new(1);
        fit.Add(10, [1], scale: 10);             // alone: a price of 10
        fit.Add(2_000_000, [100_000], 2_000_000);    // alone: a price of 20
        // The least of (p/10 − 1)² + (p/20 − 1)² is at p = (1/10 + 1/20) / (1/100 + 1/400).
        Assert.Equal(12, fit.Solve()[0]!.Value, 9);
    }

    [Fact]
    public void ByRatioHalfWeighsAsMuchAsTwice()
    {
        PriceFit fit = new(1);
        fit.Add(10, [1], scale: 10);
        fit.Add(40, [1], scale: 40);
        Assert.Equal(20, fit.Solve(byRatio: true)[0]!.Value, 6);    // twice the one and half of the other; 11.8 without ratios
        Assert.InRange(fit.Solve()[0]!.Value, 11, 12);
    }

    [Fact]
    public void KnownPricesComeBackByRatioToo()
    {
        PriceFit fit = new(2);
        foreach ((double one, double other) in ((double, double)[])[(1, 0), (3, 5), (0, 7), (100, 1)])
            fit.Add((one * 12) + (other * 3), [one, other], (one * 12) + (other * 3));
        AssertNear([12, 3], fit.Solve(byRatio: true), 1e-6);
    }

    [Fact]
    public void APriceIsNeverBelowZero()
    {
        PriceFit fit = new(2);
        fit.Add(10, [1, 0], 10);
        fit.Add(5, [1, 1], 5);    // the second price would be −5
        double?[] prices = fit.Solve();
        Assert.Equal(0, prices[1]);
        Assert.Equal(6, prices[0]!.Value, 9);    // and the first one is fitted without it: (1/10 + 1/5) / (1/100 + 1/25)
    }

    [Fact]
    public void APriceThatNobodyPaysIsUnknown()
    {
        PriceFit fit = new(2);
        fit.Add(10, [0, 2], 10);
        Assert.Equal([null, 5], fit.Solve());
    }

    [Theory]
    [InlineData(1, 1, 0.0)]
    [InlineData(1, 1, -1.0)]
    [InlineData(1, 1, double.NaN)]
    [InlineData(1, 1, double.PositiveInfinity)]
    [InlineData(double.NaN, 1, 1.0)]
    [InlineData(1, double.PositiveInfinity, 1.0)]
    public void WildNumbersAreRefused(double time, double count, double scale) =>
        Assert.ThrowsAny<ArgumentException>(() => new PriceFit(1).Add(time, [count], scale));

    [Fact]
    public void ARowHasACountForEachPrice() => Assert.Throws<ArgumentException>(static () => new PriceFit(2).Add(1, [1], 1));

    [Fact]
    public void NoCaseIsInBothHalvesAndEachSizeIsInEach()
    {
        for (int step = 0; step < 8; step++)
            Assert.NotEqual(FitHalves.IsFitted(0, step), FitHalves.IsFitted(1, step));
        for (int family = 0; family < 8; family++)
            Assert.Equal(4, Enumerable.Range(0, 8).Count(step => FitHalves.IsFitted(family, step)));
    }

    [Fact]
    public void AnErrorIsAPartOfWhatWasMeasured()
    {
        Assert.Equal(-0.75, FitHalves.ErrorOf(25, 100));
        Assert.Equal(1, FitHalves.ErrorOf(200, 100));
        Assert.Throws<ArgumentOutOfRangeException>(static () => FitHalves.ErrorOf(1, 0));
        Assert.Equal(0.5, FitHalves.MedianSize([-0.5, 0.1, 2]));
        Assert.Throws<ArgumentException>(static () => FitHalves.MedianSize([]));
    }

    private static void AssertNear(double[] expected, double?[] found, double part)
    {
        Assert.Equal(expected.Length, found.Length);
        foreach ((double wanted, double? price) in expected.Zip(found))
            Assert.InRange(price!.Value, wanted * (1 - part), wanted * (1 + part));
    }
}
