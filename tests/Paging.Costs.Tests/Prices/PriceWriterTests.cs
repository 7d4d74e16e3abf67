using System.Text;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;

namespace Paging.Costs.Tests;

/// <summary>A list that is made of another one can be read, and has the new prices with their source.</summary>
public sealed class PriceWriterTests
{
    private static PriceList Written(Dictionary<string, double> prices, int secondLevelEntries = 0) => PriceList.Parse(
        Encoding.UTF8.GetBytes(PriceWriter.Write("server-2025", "here", "This host.", "fitted", prices, secondLevelEntries)), "here");

    [Fact]
    public void NewPricesHaveTheirSourceAndTheOthersStay()
    {
        PriceList old = PriceList.Find("server-2025")!;
        PriceList list = Written(
            new(StringComparer.Ordinal) { ["kernel.clearPage"] = 123.4567, ["processor.access"] = 0.25 });
        Assert.Equal("here", list.Name);
        Assert.Equal(123_457, list.Kernel.ClearPage.Picoseconds);
        Assert.Equal(250, list.Processor.Access.Picoseconds);
        Assert.Equal(2, list.Numbers.Count(static number => number.Source is "fitted"));
        Assert.Equal(old.Kernel with { ClearPage = new(123_457) }, list.Kernel);
        Assert.Equal(old.Translation.Tlbs.AsEnumerable(), list.Translation.Tlbs);
        Assert.Equal(old.Files, list.Files);
    }

    [Fact]
    public void EachPlaceIsAPriceOfItsOwn()
    {
        foreach (string place in PriceWriter.Places)
        {
            PriceList list = Written(PriceWriter.Places.ToDictionary(static one => one,
                one => string.Equals(one, place, StringComparison.Ordinal) ? 1.0 : 0, StringComparer.Ordinal));
            Assert.Equal(1, list.Processor.All.Concat(list.Kernel.All).Count(static price => price == VirtualTime.FromNanoseconds(1)));
            Assert.Equal(1, list.Processor.All.Concat(list.Kernel.All).Count(static price => price != VirtualTime.Zero));
        }

        PriceList any = PriceList.Find("server-2025")!;
        Assert.Equal(any.Processor.All.Concat(any.Kernel.All).Count(), PriceWriter.Places.Length);
    }

    [Fact]
    public void TheSecondLevelMayHaveOtherEntries()
    {
        PriceList list = Written([], secondLevelEntries: 4096);
        Assert.Equal(4096, list.Translation.Tlbs.Single(static tlb => tlb.Level == 2).Array.Entries);
        Assert.Equal(Replacement.Plru, list.Translation.Tlbs.Single(static tlb => tlb.Level == 2).Array.Replacement);
    }

    [Theory]
    [InlineData("server-2026", "kernel.clearPage")]
    [InlineData("server-2025", "kernel.clearpage")]
    [InlineData("server-2025", "tlbs")]
    public void UnknownListsAndPlacesAreRefused(string from, string place) => Assert.Throws<ArgumentException>(() =>
        PriceWriter.Write(from, "here", "This host.", "fitted", new Dictionary<string, double>(StringComparer.Ordinal) { [place] = 1 }));

    [Theory]
    [InlineData("here", 0, -1.0)]
    [InlineData("here", 0, double.NaN)]
    [InlineData("here", 0, double.PositiveInfinity)]
    [InlineData("two\nlines", 0, 1.0)]
    [InlineData("here", 17, 1.0)]
    public void AListThatCouldNotBeReadIsNotWritten(string name, int entries, double price) => Assert.Throws<PriceListException>(() =>
        PriceWriter.Write("server-2025", name, "This host.", "fitted",
            new Dictionary<string, double>(StringComparer.Ordinal) { ["kernel.switch"] = price }, entries));
}
