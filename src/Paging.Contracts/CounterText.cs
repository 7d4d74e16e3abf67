namespace Paging.Core;

/// <summary>Formats counters as one line for a debugger or a log.</summary>
internal static class CounterText
{
    /// <summary>The counters that are not zero: <c>minor 3, copied 1</c>; <c>nothing</c> if all are.</summary>
    public static string Of(params ReadOnlySpan<(string Name, long Count)> all)
    {
        List<string> parts = [];
        foreach ((string name, long count) in all)
            if (count != 0) parts.Add($"{name} {count}");
        return parts.Count == 0 ? "nothing" : string.Join(", ", parts);
    }
}
