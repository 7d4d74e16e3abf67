using Paging.Scripting.Calls;

namespace Paging.Scripting.Parsing;

/// <summary>Reads one argument in the form of its kind: <c>0x2000</c>, <c>PROT_READ|PROT_WRITE</c>, <c>-1</c>, <c>"A"</c>.</summary>
internal static class ArgumentParser
{
    private const int FileNameLengthMax = 255;

    /// <summary>Reads a number or the OR of numbers and names.</summary>
    public static long ParseNumber(ReadOnlySpan<char> text, ArgumentForm form, ScenarioPlace place)
    {
        int bar = text.IndexOf('|');
        if (bar < 0) return ParseTerm(text, form, isAlone: true, place);
        if (form.Range == NumberRange.None) throw place.Error($"{form.Noun} expected, found {ScenarioPlace.Excerpt(text)}");
        long value = 0;
        foreach (Range part in text.Split('|')) value |= ParseTerm(text[part].Trim(), form, isAlone: false, place);
        return value;
    }

    /// <summary>Reads a name between quotation marks; no path, and nothing that a row of <c>maps</c> could not show.</summary>
    public static string ParseFileName(ReadOnlySpan<char> text, ScenarioPlace place)
    {
        if (text.Length < 2 || text[0] != '"' || text[^1] != '"')
            throw place.Error($"{ArgumentForm.Of(ArgumentKind.FileName).Noun} expected, found {ScenarioPlace.Excerpt(text)}");
        ReadOnlySpan<char> name = text[1..^1];
        if (name.Length is 0 or > FileNameLengthMax || name.ContainsAny("\"/\\\t") || name is "." or ".."
            || name.Trim().Length != name.Length)
            throw place.Error($"{ScenarioPlace.Excerpt(name)} is not a file name (1 to {FileNameLengthMax} characters, no path)");
        return name.ToString();
    }

    private static long ParseTerm(ReadOnlySpan<char> term, ArgumentForm form, bool isAlone, ScenarioPlace place)
    {
        if (form.Constants?.TryFind(term, out long named) == true) return named;
        foreach ((char letter, long mark) in form.Handles)
            if (term.StartsWith(letter) && NumberText.TryReadDecimal(term[1..], int.MaxValue, out ulong number)) return (long)number | mark;
        NumberOutcome outcome = NumberText.Read(term, out ulong magnitude, out bool isNegative);
        if (outcome == NumberOutcome.TooLarge) throw place.Error($"{ScenarioPlace.Excerpt(term)} is beyond 64 bits");
        if (outcome == NumberOutcome.Malformed || form.Range == NumberRange.None || (isNegative && !isAlone))
            throw place.Error(term.IsEmpty ? $"{form.Noun} expected, found nothing"
                : $"{form.Noun} expected, found {ScenarioPlace.Excerpt(term)}");
        return TryFit(magnitude, isNegative, form.Range, out long value)
            ? value
            : throw place.Error($"{ScenarioPlace.Excerpt(term)} is out of range for {form.Noun}");
    }

    private static bool TryFit(ulong magnitude, bool isNegative, NumberRange range, out long value)
    {
        bool fits;
        (fits, value) = range switch
        {
            NumberRange.Unsigned8 => (!isNegative && magnitude <= byte.MaxValue, (long)magnitude),
            NumberRange.Unsigned32 => isNegative ? (magnitude == 1, uint.MaxValue) : (magnitude <= uint.MaxValue, (long)magnitude),
            NumberRange.Signed32 => isNegative ? (magnitude <= 1u << 31, -(long)magnitude) : (magnitude <= uint.MaxValue, (int)magnitude),
            NumberRange.Unsigned63 => (!isNegative && magnitude <= long.MaxValue, (long)magnitude),
            NumberRange.Signed64 => isNegative ? (magnitude <= 1ul << 63, -(long)magnitude) : (true, (long)magnitude),
            NumberRange.Unsigned64 => isNegative ? (magnitude == 1, -1) : (true, (long)magnitude),
            _ => (false, 0),
        };
        return fits;
    }
}
