using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;

namespace Paging.Costs.Prices;

/// <summary>Reads a price list, and reports the first place that is wrong.</summary>
/// <param name="file">The name in messages.</param>
internal sealed class PriceReader(string file)
{
    private static readonly ImmutableArray<string> Members =
    [
        "name", "about", "clock", "tlbs", "directoryCache", "pointerCache", "topCache", "entryLines", "processor", "kernel", "files",
        "swap",
    ];

    private readonly List<SourcedPrice> _numbers = [];
    private double _hertz;

    public PriceList Read(JsonElement root)
    {
        Check(root, "the list", Members.AsSpan());
        string name = Text(root, "name"), about = Text(root, "about");
        _hertz = Number(root, "", "clock", ("GHz", 1e9), ("MHz", 1e6));
        TranslationShape translation = new()
        {
            Tlbs = ReadTlbs(root),
            DirectoryCache = OptionalArray(root, "directoryCache"),
            PointerCache = OptionalArray(root, "pointerCache"),
            TopCache = OptionalArray(root, "topCache"),
            EntryLines = OptionalArray(root, "entryLines") ?? throw Wrong("entryLines", "missing"),
        };
        if (translation.Complaint is { } complaint) throw Wrong("tlbs", complaint);
        return new()
        {
            Name = name,
            About = about,
            Translation = translation,
            Processor = ReadProcessor(Member(root, "", "processor")),
            Kernel = ReadKernel(Member(root, "", "kernel")),
            Files = ReadDevice(Member(root, "", "files"), "files"),
            Swap = Member(root, "", "swap") is { ValueKind: JsonValueKind.String } same
                ? same.GetString() is "files" ? null : throw Wrong("swap", "a device, or \"files\" for the same one")
                : ReadDevice(Member(root, "", "swap"), "swap"),
            Numbers = [.. _numbers],
        };
    }

    private ImmutableArray<TlbShape> ReadTlbs(JsonElement root)
    {
        List<TlbShape> tlbs = [];
        foreach (JsonElement item in Items(root, "tlbs"))
        {
            string place = $"tlbs[{tlbs.Count}]";
            TlbShape tlb = ReadTlb(item, place);
            foreach (TlbShape other in tlbs)
                if (other.Level == tlb.Level && (other.Serves & tlb.Serves) != 0 && (other.Holds & tlb.Holds) != 0)
                    throw Wrong(place, $"level {tlb.Level} has '{other.Name}' for the same accesses and pages");
            tlbs.Add(tlb);
        }

        return [.. tlbs];
    }

    private TlbShape ReadTlb(JsonElement tlb, string place)
    {
        Check(tlb, place, ["name", "level", "serves", "holds", "entries", "ways", "replacement", "source"]);
        ServedAccesses serves = Word(tlb, place, "serves", ("fetches", ServedAccesses.Fetches), ("loads", ServedAccesses.Loads),
            ("stores", ServedAccesses.Stores), ("data", ServedAccesses.Data), ("all", ServedAccesses.All));
        HeldPages holds = Word(tlb, place, "holds", ("4K", HeldPages.Small), ("large", HeldPages.Large), ("both", HeldPages.Both));
        string name = Text(tlb, "name", place);
        return new(name, Whole(tlb, place, "level"), serves, holds, ReadArray(tlb, place, name));
    }

    private ArrayShape? OptionalArray(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement array)) return null;
        Check(array, name, ["entries", "ways", "replacement", "source"]);
        return ReadArray(array, name, name);
    }

    private ArrayShape ReadArray(JsonElement array, string place, string name)
    {
        ArrayShape shape = new(Whole(array, place, "entries"), Whole(array, place, "ways"), Word(array, place, "replacement",
            ("lru", Replacement.Lru), ("plru", Replacement.Plru), ("fifo", Replacement.Fifo), ("random", Replacement.Random)));
        if (shape.Complaint is { } complaint) throw Wrong(place, complaint);
        _numbers.Add(new(name, shape.ToString(), Text(array, "source", place)));
        return shape;
    }

    private ProcessorPrices ReadProcessor(JsonElement processor)
    {
        const string place = "processor";
        Check(processor, place, ["access", "secondLevelHit", "entryLineHit", "entryLineMiss", "invalidate"]);
        VirtualTime Of(string name) => Time(processor, place, name);
        return new(Of("access"), Of("secondLevelHit"), Of("entryLineHit"), Of("entryLineMiss"), Of("invalidate"));
    }

    private KernelPrices ReadKernel(JsonElement kernel)
    {
        const string place = "kernel";
        Check(kernel, place, ["systemCall", "exception", "faultWork", "signal", "clearPage", "copyPage", "copyFromCache", "mapPage",
            "unmapPage", "scanPage", "switch", "shootdown", "request"]);
        VirtualTime Of(string name) => Time(kernel, place, name);
        return new(Of("systemCall"), Of("exception"), Of("faultWork"), Of("signal"), Of("clearPage"), Of("copyPage"), Of("copyFromCache"),
            Of("mapPage"), Of("unmapPage"), Of("scanPage"), Of("switch"), Of("shootdown"), Of("request"));
    }

    private DeviceShape ReadDevice(JsonElement device, string place)
    {
        if (device.ValueKind != JsonValueKind.Object) throw Wrong(place, "an object");
        return Text(device, "kind", place) switch
        {
            "disk" => ReadDisk(device, place),
            "ssd" => ReadSsd(device, place),
            string other => throw Wrong($"{place}.kind", $"disk or ssd, not '{other}'"),
        };
    }

    private DiskShape ReadDisk(JsonElement disk, string place)
    {
        Check(disk, place, ["kind", "capacity", "averageSeek", "trackSeek", "rotation", "transfer", "interface", "writeCache",
            "liesAboutFlush"]);
        bool lies = disk.TryGetProperty("liesAboutFlush", out JsonElement flag) && (flag.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong($"{place}.liesAboutFlush", "true or false"),
        });
        double revolutions = Number(disk, place, "rotation", ("rpm", 1));
        if (revolutions is < 1 or > 1e6) throw Wrong($"{place}.rotation.value", "1 to 1000000");
        DiskShape shape = new(Bytes(disk, place, "capacity", least: 1), Time(disk, place, "averageSeek"), Time(disk, place, "trackSeek"),
            VirtualTime.FromNanoseconds(60e9 / revolutions), Rate(disk, place, "transfer"), Rate(disk, place, "interface"),
            Bytes(disk, place, "writeCache"), lies);
        return shape.AverageSeek >= shape.TrackSeek ? shape : throw Wrong($"{place}.averageSeek", "not below trackSeek");
    }

    private SsdShape ReadSsd(JsonElement ssd, string place)
    {
        Check(ssd, place, ["kind", "readLatency", "writeLatency", "transfer", "writeTransfer", "parallel"]);
        double parallel = Number(ssd, place, "parallel", ("requests", 1));
        return parallel is >= 1 and <= SsdShape.ParallelMax
            ? new(Time(ssd, place, "readLatency"), Time(ssd, place, "writeLatency"), Rate(ssd, place, "transfer"),
                Rate(ssd, place, "writeTransfer"), (int)parallel)
            : throw Wrong($"{place}.parallel", "1 to 65536");
    }

    private VirtualTime Time(JsonElement parent, string place, string name)
    {
        const double most = 1e10;    // 10 s: the clock has room for a million of them
        double nanoseconds = Number(parent, place, name, ("cycles", 1e9 / _hertz), ("ns", 1), ("us", 1e3), ("ms", 1e6));
        return nanoseconds <= most ? VirtualTime.FromNanoseconds(nanoseconds) : throw Wrong($"{At(place, name)}.value", "out of range");
    }

    private long Bytes(JsonElement parent, string place, string name, long least = 0) =>
        (long)Math.Round(Number(parent, place, name, ("bytes", 1), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9))) is var bytes && bytes >= least
            ? bytes : throw Wrong($"{At(place, name)}.value", "above 0");

    private long Rate(JsonElement parent, string place, string name) =>
        (long)Math.Round(Number(parent, place, name, ("MB/s", 1e6), ("GB/s", 1e9))) is var rate and > 0
            ? rate : throw Wrong($"{At(place, name)}.value", "above 0");

    /// <summary>Reads a number with its unit and its source. Returns it in the unit of factor 1.</summary>
    private double Number(JsonElement parent, string place, string name, params ReadOnlySpan<(string Unit, double Factor)> units)
    {
        const double most = 1e15;    // of bytes: a petabyte
        JsonElement number = Member(parent, place, name);
        string at = At(place, name);
        Check(number, at, ["value", "unit", "source"]);
        if (Member(number, at, "value") is not { ValueKind: JsonValueKind.Number } value || !value.TryGetDouble(out double read))
            throw Wrong($"{at}.value", "a number");
        string unit = Text(number, "unit", at);
        foreach ((string known, double factor) in units)
        {
            if (!string.Equals(known, unit, StringComparison.Ordinal)) continue;
            if (!(read >= 0 && read * factor <= most)) throw Wrong($"{at}.value", "out of range");
            if (read == 0 && known is "GHz" or "MHz" or "requests") throw Wrong($"{at}.value", "above 0");
            _numbers.Add(new(at, string.Create(CultureInfo.InvariantCulture, $"{read} {unit}"), Text(number, "source", at)));
            return read * factor;
        }

        string[] all = [.. units.ToArray().Select(static one => one.Unit)];
        throw Wrong($"{at}.unit", $"{string.Join(", ", all)}, not '{unit}'");
    }

    private T Word<T>(JsonElement parent, string place, string name, params ReadOnlySpan<(string Word, T Value)> words)
    {
        string word = Text(parent, name, place);
        foreach ((string known, T value) in words)
            if (string.Equals(known, word, StringComparison.Ordinal)) return value;
        throw Wrong(At(place, name), $"{string.Join(", ", words.ToArray().Select(static one => one.Word))}, not '{word}'");
    }

    private int Whole(JsonElement parent, string place, string name) =>
        Member(parent, place, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number)
            ? number : throw Wrong(At(place, name), "a whole number");

    private string Text(JsonElement parent, string name, string place = "") =>
        Member(parent, place, name) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } words
            && IsLine(words) ? words : throw Wrong(At(place, name), "a text of one line");

    /// <summary>False for control characters and ends of lines, which would break tables and messages.</summary>
    private static bool IsLine(string text) => !text.Any(static one => char.IsControl(one) || one is '\u2028' or '\u2029');

    private JsonElement.ArrayEnumerator Items(JsonElement parent, string name) =>
        Member(parent, "", name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : throw Wrong(name, "a list");

    private JsonElement Member(JsonElement parent, string place, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement member)
            ? member : throw Wrong(At(place, name), "missing");

    /// <summary>Refuses anything but an object with known members, so that a misspelt price is not left at nothing.</summary>
    private void Check(JsonElement element, string place, ReadOnlySpan<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Wrong(place, "an object");
        foreach (JsonProperty property in element.EnumerateObject())
            if (!known.Contains(property.Name, StringComparer.Ordinal))
                throw Wrong(place, IsLine(property.Name) ? $"'{property.Name}' is not known" : "the name of a member is of one line");
    }

    private static string At(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";

    private PriceListException Wrong(string place, string reason) => new($"{file}: {place}: {reason}");
}
