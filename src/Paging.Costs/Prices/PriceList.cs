using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;

namespace Paging.Costs.Prices;

/// <summary>The processor's prices.</summary>
/// <param name="Access">An access that hits the data cache, without translation.</param>
/// <param name="SecondLevelHit">A miss of the first-level TLB that the second level answers.</param>
/// <param name="EntryLineHit">A table entry that a walk reads from the cache of lines.</param>
/// <param name="EntryLineMiss">One that it reads from memory.</param>
/// <param name="Invalidate">INVLPG.</param>
public sealed record ProcessorPrices(
    VirtualTime Access, VirtualTime SecondLevelHit, VirtualTime EntryLineHit, VirtualTime EntryLineMiss, VirtualTime Invalidate)
{
    internal IEnumerable<VirtualTime> All => [Access, SecondLevelHit, EntryLineHit, EntryLineMiss, Invalidate];
}

/// <summary>The prices of the kernel's work.</summary>
/// <param name="SystemCall">Entry and exit of a system call.</param>
/// <param name="Exception">Entry and return of a page fault.</param>
/// <param name="FaultWork">The area's lookup and the entry, for a fault.</param>
/// <param name="Signal">The delivery of a signal.</param>
/// <param name="ClearPage">Clearing a page.</param>
/// <param name="CopyPage">Copying a page, for copy on write.</param>
/// <param name="CopyFromCache">Copying 4096 bytes between the page cache and a program, for read(2) and write(2).</param>
/// <param name="MapPage">An entry beside that of the fault: fault-around, fork.</param>
/// <param name="UnmapPage">Removing an entry.</param>
/// <param name="ScanPage">A frame that reclaim looks at.</param>
/// <param name="Switch">A switch to another process, with the load of CR3, without the misses after it.</param>
/// <param name="Shootdown">The wait for one other processor's acknowledgement.</param>
/// <param name="Request">The kernel's part of a request to a device.</param>
public sealed record KernelPrices(
    VirtualTime SystemCall, VirtualTime Exception, VirtualTime FaultWork, VirtualTime Signal, VirtualTime ClearPage, VirtualTime CopyPage,
    VirtualTime CopyFromCache, VirtualTime MapPage, VirtualTime UnmapPage, VirtualTime ScanPage, VirtualTime Switch, VirtualTime Shootdown,
    VirtualTime Request)
{
    internal IEnumerable<VirtualTime> All =>
    [
        SystemCall, Exception, FaultWork, Signal, ClearPage, CopyPage, CopyFromCache, MapPage, UnmapPage, ScanPage, Switch, Shootdown,
        Request,
    ];
}

/// <summary>A number of a list as it was written: for tables that show where each comes from.</summary>
/// <param name="Place">Its place, as in <c>kernel.exception</c>.</param>
/// <param name="Value">The number and its unit.</param>
/// <param name="Source">The manual, data sheet or measurement.</param>
public readonly record struct SourcedPrice(string Place, string Value, string Source);

/// <summary>The prices of a machine's operations: data, with a source beside each number.</summary>
/// <remarks>No claim of cycle accuracy: good for ratios, knees and orders of magnitude.</remarks>
public sealed record PriceList
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The machine, in a sentence.</summary>
    public required string About { get; init; }

    /// <summary>The translation hardware of each processor.</summary>
    public required TranslationShape Translation { get; init; }

    /// <summary>The processor's prices.</summary>
    public required ProcessorPrices Processor { get; init; }

    /// <summary>The kernel's prices.</summary>
    public required KernelPrices Kernel { get; init; }

    /// <summary>The device of files.</summary>
    public required DeviceShape Files { get; init; }

    /// <summary>The device of swapped pages; null: the same one as for files.</summary>
    public DeviceShape? Swap { get; init; }

    /// <summary>All numbers of the list, in its order.</summary>
    public required ImmutableArray<SourcedPrice> Numbers { get; init; }

    /// <summary>The names of the lists that come with this assembly.</summary>
    public static ImmutableArray<string> BuiltIn => ["desktop-2009", "server-2025"];

    /// <summary>The first rule that the list breaks, or null: a part is missing, hardware cannot be made, a price is below 0.</summary>
    public string? Complaint
    {
        get
        {
            if (Name is null || Translation is null || Processor is null || Kernel is null || Files is null) return "a part is missing";
            if (Translation.Complaint is { } complaint) return complaint;
            bool isPaid = Processor.All.Concat(Kernel.All).All(static price => price >= VirtualTime.Zero);
            return isPaid ? null : "a price is below 0";
        }
    }

    /// <summary>Returns one of the lists that come with this assembly, or null.</summary>
    public static PriceList? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TextOf(name) is { } text ? Parse(text, name) : null;
    }

    /// <summary>Returns the JSON of one of the lists that come with this assembly, or null.</summary>
    internal static byte[]? TextOf(string name)
    {
        if (!BuiltIn.Contains(name, StringComparer.Ordinal)) return null;
        using Stream stream = typeof(PriceList).Assembly.GetManifestResourceStream(name + ".json")
            ?? throw new InvalidOperationException($"The list '{name}' is missing from the assembly.");
        byte[] text = new byte[stream.Length];
        stream.ReadExactly(text);
        return text;
    }

    /// <summary>Reads a list.</summary>
    /// <param name="json">The list in JSON, as docs/COSTS.md describes it.</param>
    /// <param name="file">Its name in messages.</param>
    /// <exception cref="PriceListException">It is not one; the message is one line with place and reason.</exception>
    public static PriceList Parse(ReadOnlyMemory<byte> json, string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!Utf8.IsValid(json.Span)) throw new PriceListException($"{file}: not text in UTF-8");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json,
                new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return new PriceReader(file).Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new PriceListException($"{file}:{exception.LineNumber + 1}: not JSON", exception);
        }
        catch (InvalidOperationException exception)    // of JsonElement.GetString and JsonProperty.Name alone
        {
            throw new PriceListException($"{file}: a text has half a character: \\uD800 to \\uDFFF stand in pairs", exception);
        }
    }
}
