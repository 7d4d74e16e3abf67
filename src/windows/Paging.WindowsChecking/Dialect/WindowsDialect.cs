using System.Collections.Frozen;
using System.Collections.Immutable;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Windows;
using static Paging.WindowsChecking.Dialect.WindowsFieldKind;

namespace Paging.WindowsChecking.Dialect;

/// <summary>The dialect of docs/WINDOWS-DIALECT.md.</summary>
public sealed class WindowsDialect : ScenarioDialect
{
    private const string InvalidParameter = "STATUS_INVALID_PARAMETER";
    private const int RowLengthMin = 18;

    private static readonly FrozenDictionary<string, WindowsField> Names = MakeNames().ToFrozenDictionary(StringComparer.Ordinal);

    private WindowsDialect() : base(WindowsCall.All) { }

    /// <summary>The one of its kind.</summary>
    public static WindowsDialect Instance { get; } = new();

    /// <inheritdoc/>
    public override bool IsHeader(ReadOnlySpan<char> line) =>
        line.StartsWith("process") && line.Contains("arena", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override ScenarioStart ParseHeader(ReadOnlySpan<char> line, ScenarioPlace place)
    {
        const string start = "process(arena=";
        int close = line.IndexOf(')'), dash = line.IndexOf('-');
        if (!line.StartsWith(start) || dash < 0 || close < dash)
            throw place.Error($"the header process(arena=FIRST-END) expected, found {ScenarioPlace.Excerpt(line)}");
        ulong first = ParsePlace(line[start.Length..dash], place), end = ParsePlace(line[(dash + 1)..close], place);
        if (first < 0x10000 || end > 0xBFFE_0000 || first >= end || (first & 0xFFFF) != 0 || (end & 0xFFFF) != 0)
            throw place.Error("an arena has whole granules of 64 KB between 0x10000 and 0x7ffe0000, or 0xbffe0000 under /3GB");
        return new WindowsHeader(PageRange.Between(new((uint)(first >> 12)), new((uint)(end >> 12))));
    }

    /// <inheritdoc/>
    public override ScriptResult ParseResult(ReadOnlySpan<char> text, CallSignature signature, ScenarioPlace place)
    {
        ArgumentNullException.ThrowIfNull(signature);
        bool isRefused = text.Length > 0 && char.IsAsciiLetterUpper(text[0]);    // an exception
        if (signature.Success != CallResultKind.OfDialect && !isRefused) return ParseShared(text, signature, place);
        ImmutableArray<WindowsField>.Builder fields = ImmutableArray.CreateBuilder<WindowsField>();
        foreach (Range range in text.Split(' '))
            if (text[range] is { IsEmpty: false } word) fields.Add(ParseField(word, place));
        return fields.Count > 0 ? WindowsResult.Of(fields.ToArray()) : throw place.Error("nothing after '='");
    }

    /// <inheritdoc/>
    public override bool IsRow(ReadOnlySpan<char> row) => row.Length > RowLengthMin && row[8] == '-' && row[RowLengthMin - 1] == ' ';

    private static ulong ParsePlace(ReadOnlySpan<char> text, ScenarioPlace place)
    {
        bool isRead = NumberText.Read(text.Trim(), out ulong value, out bool isNegative) == NumberOutcome.Read && !isNegative;
        return isRead ? value : throw place.Error($"an address expected, found {ScenarioPlace.Excerpt(text)}");
    }

    private static WindowsField ParseField(ReadOnlySpan<char> word, ScenarioPlace place)
    {
        int equals = word.IndexOf('=');
        string? key = equals < 0 ? null : word[..equals].ToString();
        ReadOnlySpan<char> text = word[(equals + 1)..];
        if (Names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out WindowsField named)) return named with { Key = key };
        if (text.StartsWith(InvalidParameter + "_"))    // _10 to _12: those that no call of ours blames
            return new(Status, (long)NtStatus.InvalidParameter);
        if (text.Length > 1 && text[0] is 's' or 'f' && NumberText.TryReadDecimal(text[1..], int.MaxValue, out ulong handle))
            return new(text[0] == 's' ? Section : OpenFile, (long)handle, key);
        if (text.Contains('|')) return new(Flags, ParseFlags(text, place), key);
        if (NumberText.Read(text, out ulong value, out bool isNegative) == NumberOutcome.Read && value <= long.MaxValue)
            return new(text.StartsWith("0x") ? Size : Number, isNegative ? -(long)value : (long)value, key);
        throw place.Error($"a number, a status or the name of a constant expected, found {ScenarioPlace.Excerpt(word)}");
    }

    private static long ParseFlags(ReadOnlySpan<char> text, ScenarioPlace place)
    {
        long value = 0;
        foreach (Range part in text.Split('|'))
        {
            value |= WindowsArguments.Protections.TryFind(text[part], out long flag)
                ? flag : throw place.Error($"PAGE_* or SEC_* expected, found {ScenarioPlace.Excerpt(text[part])}");
        }

        return value;
    }

    private static Dictionary<string, WindowsField> MakeNames()
    {
        Dictionary<string, WindowsField> names = new(StringComparer.Ordinal)
        {
            ["TRUE"] = new(WindowsFieldKind.Boolean, 1),
            ["FALSE"] = new(WindowsFieldKind.Boolean, 0),
        };
        foreach (NtStatus status in Enum.GetValues<NtStatus>()) names[status.ToHeaderName()] = new(Status, (long)status);
        foreach (Win32Error error in Enum.GetValues<Win32Error>()) names.TryAdd(error.ToHeaderName(), new(Error, (long)error));
        foreach (NtStatus code in (ReadOnlySpan<NtStatus>)
            [NtStatus.AccessViolation, NtStatus.GuardPageViolation, NtStatus.StackOverflow, NtStatus.InPageError])
            names[WindowsResult.ExceptionName(code)] = new(WindowsFieldKind.Exception, (long)code);
        foreach (AccessIntent intent in Enum.GetValues<AccessIntent>())
            names[intent.ToString().ToLowerInvariant()] = new(Intent, (long)intent);
        foreach ((string name, long value) in WindowsArguments.Protections.Entries) names[name] = new(Flags, value);
        foreach ((string name, long value) in WindowsArguments.Regions.Entries) names[name] = new(Memory, value);
        return names;
    }
}
