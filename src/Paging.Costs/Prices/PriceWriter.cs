using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Paging.Costs.Prices;

/// <summary>Writes a price list that takes its hardware and devices from another one.</summary>
internal static class PriceWriter
{
    /// <summary>The places of all prices of processor and kernel, in the list's order.</summary>
    public static ImmutableArray<string> Places { get; } =
    [
        "processor.access", "processor.secondLevelHit", "processor.entryLineHit", "processor.entryLineMiss", "processor.invalidate",
        "kernel.systemCall", "kernel.exception", "kernel.faultWork", "kernel.signal", "kernel.clearPage", "kernel.copyPage",
        "kernel.copyFromCache", "kernel.mapPage", "kernel.unmapPage", "kernel.scanPage", "kernel.switch", "kernel.shootdown",
        "kernel.request",
    ];

    /// <summary>Writes a list. Prices that are not given stay those of the list that it is made of.</summary>
    /// <param name="from">The name of a list that comes with this assembly.</param>
    /// <param name="name">The new list's name.</param>
    /// <param name="about">Its machine, in a sentence.</param>
    /// <param name="source">The source that is written beside each new price.</param>
    /// <param name="nanoseconds">The new prices, by place.</param>
    /// <param name="secondLevelEntries">The entries of the second-level TLB; 0 to keep them.</param>
    /// <exception cref="ArgumentException">There is no such list or place.</exception>
    /// <exception cref="PriceListException">The result would be no list: a price is below 0, or a text is not of one line.</exception>
    public static string Write(string from, string name, string about, string source, IReadOnlyDictionary<string, double> nanoseconds,
        int secondLevelEntries = 0)
    {
        JsonNode list = JsonNode.Parse(PriceList.TextOf(from) ?? throw new ArgumentException($"There is no list '{from}'.", nameof(from)))!;
        list["name"] = name;
        list["about"] = about;
        foreach ((string place, double price) in nanoseconds)
        {
            if (!Places.Contains(place, StringComparer.Ordinal))
                throw new ArgumentException($"There is no price '{place}'.", nameof(nanoseconds));
            string[] words = place.Split('.');
            if (!double.IsFinite(price)) throw new PriceListException($"{name}: {place}: not a number");
            list[words[0]]![words[1]] = new JsonObject
            {
                ["value"] = JsonValue.Create(Math.Round(price, 3)),
                ["unit"] = "ns",
                ["source"] = source,
            };
        }

        foreach (JsonNode? tlb in list["tlbs"]!.AsArray())
        {
            if (secondLevelEntries == 0 || tlb!["level"]!.GetValue<int>() != 2) continue;
            tlb["entries"] = secondLevelEntries;
            tlb["source"] = source;
        }

        using MemoryStream bytes = new();
        JsonWriterOptions form = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (Utf8JsonWriter writer = new(bytes, form)) list.WriteTo(writer);
        bytes.WriteByte((byte)'\n');
        _ = PriceList.Parse(bytes.ToArray(), name);    // what cannot be read back is not written
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
