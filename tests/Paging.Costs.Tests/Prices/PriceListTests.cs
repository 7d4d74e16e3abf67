using System.Text;
using System.Text.Json.Nodes;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;

namespace Paging.Costs.Tests;

/// <summary>Lists are data with a source beside each number; mistakes in them are one line.</summary>
public sealed class PriceListTests
{
    private static string TextOf(string name)
    {
        using Stream stream = typeof(PriceList).Assembly.GetManifestResourceStream(name + ".json")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    public static TheoryData<string> Names => [.. PriceList.BuiltIn];

    [Theory, MemberData(nameof(Names))]
    public void EachNumberHasASource(string name)
    {
        PriceList list = PriceList.Find(name)!;
        Assert.Equal(name, list.Name);
        Assert.All(list.Numbers, static number => Assert.True(number.Source.Length > 8, number.Place));
        Assert.True(list.Numbers.Length > 30);
        _ = new TranslationHardware(list.Translation);
        _ = list.Files.Make();
    }

    [Fact]
    public void AnotherNameIsNone() => Assert.Null(PriceList.Find("desktop-1999"));

    [Fact]
    public void CyclesAreOfTheListsClock()
    {
        PriceList list = PriceList.Find("server-2025")!;
        Assert.Equal(3_000, list.Processor.SecondLevelHit.Picoseconds);    // 9 cycles at 3 GHz
        Assert.Equal(350_000, list.Kernel.Exception.Picoseconds);
        Assert.Equal(VirtualTime.FromNanoseconds(60e9 / 7200), ((DiskShape)PriceList.Find("desktop-2009")!.Files).Revolution);
    }

    /// <summary>One amount in each unit that its number may have.</summary>
    [Theory]
    [InlineData("clock", "GHz", 2.66)]
    [InlineData("clock", "MHz", 2_660)]
    [InlineData("kernel.exception", "cycles", 940)]
    [InlineData("kernel.clearPage", "ns", 640)]
    [InlineData("kernel.clearPage", "us", 0.64)]
    [InlineData("files.averageSeek", "ns", 8_500_000)]
    [InlineData("files.averageSeek", "us", 8_500)]
    [InlineData("files.averageSeek", "ms", 8.5)]
    [InlineData("files.averageSeek", "cycles", 22_610_000)]
    [InlineData("files.rotation", "rpm", 7_200)]
    [InlineData("files.transfer", "MB/s", 138)]
    [InlineData("files.transfer", "GB/s", 0.138)]
    [InlineData("files.writeCache", "bytes", 64_000_000)]
    [InlineData("files.writeCache", "KB", 64_000)]
    [InlineData("files.writeCache", "MB", 64)]
    [InlineData("files.writeCache", "GB", 0.064)]
    public void TheSameAmountInAnotherUnitIsTheSame(string place, string unit, double value)
    {
        PriceList list = WithNumber(place, unit, value);
        Assert.Equal((353_383, 640_000), (list.Kernel.Exception.Picoseconds, list.Kernel.ClearPage.Picoseconds));
        Assert.Equal(new DiskShape(2_000_000_000_000, new(8_500_000_000), new(1_000_000_000), new(8_333_333_333), 138_000_000, 300_000_000,
            64_000_000), list.Files);
    }

    /// <summary>The product of 2.01 and 1,000 is a little below 2,010, as 2.01 has no exact form in binary.</summary>
    [Theory]
    [InlineData("files.writeCache", "KB", 2.01, 2_010)]
    [InlineData("files.writeCache", "KB", 16.06, 16_060)]
    [InlineData("files.transfer", "MB/s", 4.35, 4_350_000)]
    [InlineData("files.transfer", "MB/s", 8.03, 8_030_000)]
    public void AFractionIsRoundedToTheNextByte(string place, string unit, double value, long expected)
    {
        DiskShape disk = (DiskShape)WithNumber(place, unit, value).Files;
        Assert.Equal(expected, place.EndsWith("writeCache", StringComparison.Ordinal) ? disk.WriteCacheBytes : disk.BytesPerSecond);
    }

    private static PriceList WithNumber(string place, string unit, double value)
    {
        JsonNode root = JsonNode.Parse(TextOf("desktop-2009"))!, number = place.Split('.').Aggregate(root, static (at, name) => at[name]!);
        (number["value"], number["unit"]) = (value, unit);
        return PriceList.Parse(Encoding.UTF8.GetBytes(root.ToJsonString()), "mine");
    }

    [Theory, InlineData("true", true), InlineData("false", false)]
    public void ADiskMayLie(string word, bool lies)
    {
        string text = TextOf("desktop-2009").Replace("\"kind\": \"disk\",", $"\"kind\": \"disk\", \"liesAboutFlush\": {word},",
            StringComparison.Ordinal);
        Assert.Equal(lies, ((DiskShape)PriceList.Parse(Encoding.UTF8.GetBytes(text), "mine").Files).LiesAboutFlush);
    }

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "\"exception\":", "\"exceptoin\":", "mine: kernel: 'exceptoin' is not known" },
        { "\"value\": 940, ", "", "mine: kernel.exception.value: missing" },
        { "\"value\": 940", "\"value\": \"much\"", "mine: kernel.exception.value: a number" },
        { "\"value\": 940", "\"value\": -1", "mine: kernel.exception.value: out of range" },
        { "\"value\": 940", "\"value\": 1e300", "mine: kernel.exception.value: out of range" },
        { "\"value\": 940, \"unit\": \"cycles\"", "\"value\": 940, \"unit\": \"ticks\"",
            "mine: kernel.exception.unit: cycles, ns, us, ms, not 'ticks'" },
        { "\"value\": 7200", "\"value\": 0", "mine: files.rotation.value: 1 to 1000000" },
        { "\"value\": 7200", "\"value\": 1e15", "mine: files.rotation.value: 1 to 1000000" },
        { "\"value\": 138", "\"value\": 0", "mine: files.transfer.value: above 0" },
        { "\"value\": 138", "\"value\": 1e-9", "mine: files.transfer.value: above 0" },
        { "\"averageSeek\": { \"value\": 8.5", "\"averageSeek\": { \"value\": 10001", "mine: files.averageSeek.value: out of range" },
        { "\"kind\": \"disk\",", "\"kind\": \"disk\", \"liesAboutFlush\": \"yes\",", "mine: files.liesAboutFlush: true or false" },
        { "\"value\": 2.66", "\"value\": 0", "mine: clock.value: above 0" },
        { "\"entries\": 128", "\"entries\": 127", "mine: tlbs[0]: entries are a multiple of the ways" },
        { "\"entries\": 128", "\"entries\": 1.5", "mine: tlbs[0].entries: a whole number" },
        { "\"serves\": \"fetches\"", "\"serves\": \"code\"", "mine: tlbs[0].serves: fetches, loads, stores, data, all, not 'code'" },
        { "\"kind\": \"disk\"", "\"kind\": \"drum\"", "mine: files.kind: disk or ssd, not 'drum'" },
        { "\"swap\": \"files\"", "\"swap\": \"other\"", "mine: swap: a device, or \"files\" for the same one" },
        { "\"averageSeek\": { \"value\": 8.5", "\"averageSeek\": { \"value\": 0.5", "mine: files.averageSeek: not below trackSeek" },
        { "\"name\": \"desktop-2009\",", "\"name\": \"desktop-2009\"", "mine:3: not JSON" },
        { "\"serves\": \"loads\"", "\"serves\": \"fetches\"", "mine: tlbs[2]: level 1 has 'ITLB' for the same accesses and pages" },
        { "\"holds\": \"large\"", "\"holds\": \"both\"", "mine: tlbs[1]: level 1 has 'ITLB' for the same accesses and pages" },
        { "\"name\": \"DTLB0\"", "\"name\": \"DT\\nLB0\"", "mine: tlbs[2].name: a text of one line" },
        { "\"name\": \"desktop-2009\"", "\"name\": \"desk\\u001b[2J\"", "mine: name: a text of one line" },
        { "\"source\": \"Intel", "\"source\": \"\\u2028Intel", "mine: clock.source: a text of one line" },
        { "\"exception\":", "\"\\u001bexception\":", "mine: kernel: the name of a member is of one line" },
        { "\"name\": \"desktop-2009\"", "\"name\": \"\\ud800\"", "mine: a text has half a character: \\uD800 to \\uDFFF stand in pairs" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void AMistakeIsOneLine(string right, string wrong, string message)
    {
        string text = TextOf("desktop-2009");
        int at = text.IndexOf(right, StringComparison.Ordinal);
        Assert.True(at >= 0, right);
        string changed = text[..at] + wrong + text[(at + right.Length)..];
        Assert.Equal(message, Assert.Throws<PriceListException>(() => PriceList.Parse(Encoding.UTF8.GetBytes(changed), "mine")).Message);
    }

    /// <summary>A machine without TLBs: each access walks.</summary>
    [Fact]
    public void AnEmptyListOfTlbsIsAMachineWithoutThem()
    {
        string text = TextOf("desktop-2009");
        int start = text.IndexOf("\"tlbs\": [", StringComparison.Ordinal) + 9, end = text.IndexOf("],", start, StringComparison.Ordinal);
        PriceList list = PriceList.Parse(Encoding.UTF8.GetBytes(text[..start] + text[end..]), "mine");
        TranslationCounts counts = Shapes.Sweep(list.Translation, pageCount: 3, rounds: 5);
        Assert.Equal(15, counts.Walks);
    }

    [Theory, InlineData(""), InlineData("[]"), InlineData("null"), InlineData("{"), InlineData("\0\u0001")]
    public void OtherFilesAreOneLine(string text) => Assert.StartsWith("mine:",
        Assert.Throws<PriceListException>(() => PriceList.Parse(Encoding.UTF8.GetBytes(text), "mine")).Message, StringComparison.Ordinal);

    /// <summary>Cuts and changed bytes at every place: a list or one line, never another exception.</summary>
    [Fact]
    public void DamagedListsAreListsOrOneLine()
    {
        byte[] text = Encoding.UTF8.GetBytes(TextOf("server-2025"));
        Random random = new(1);
        for (int trial = 0; trial < 3_000; trial++)
        {
            byte[] damaged = trial % 3 == 0 ? text[..random.Next(text.Length)] : [.. text];
            for (int change = 0; trial % 3 != 0 && change < 3; change++) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                PriceList.Parse(damaged, "mine");
            }
            catch (PriceListException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
            }
        }
    }
}
